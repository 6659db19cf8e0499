/**
 * The page's Content-Security-Policy (CSP Level 3): nothing but its own files, and one broker.
 *
 * `require-trusted-types-for` has the browser refuse any text that would be made markup or script of;
 * no policy is allowed, so there is no way around it.
 *
 * @param brokerUrl the wss URL that the page connects to
 */
export function contentSecurityPolicy(brokerUrl: string): string {
  const { protocol, host } = new URL(brokerUrl);
  // A source of this policy can't be an IPv6 address (CSP Level 3, 2.3.1), so there the scheme has to do.
  const broker = host.startsWith("[") ? protocol : `${protocol}//${host}`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${broker}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
