import { contentSecurityPolicy } from "./content-security-policy.ts";
import { consoleFileNames, consoleLayout } from "./layout.ts";

export interface ServerConfigurationInput {
  /** The wss URL that the page connects to. */
  readonly brokerUrl: string;
  /** The id that the health page tells. */
  readonly revision: string;
  /**
   * Whether browsers are told to use TLS alone for the console's host name (RFC 6797), which is for every port of it:
   * not where ws, without TLS, is offered to other machines.
   */
  readonly tlsOnly: boolean;
}

const { current, scratch, port, healthPort } = consoleLayout;

/** Where nginx keeps what a request brings; the server takes no bodies, but it makes the folders at its start. */
const SCRATCH_FOLDERS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
  .map((name) => `  ${name}_temp_path ${scratch}/${name};`)
  .join("\n");

/** Renders nginx.conf of the console's server: static files over TLS, and nothing else. */
export function renderServerConfiguration(input: ServerConfigurationInput): string {
  const { revision } = input;
  return `# Rendered by \`pulumi up\`; a change here is lost at the next one.
daemon off;
worker_processes 1;
pid ${scratch}/nginx.pid;
error_log stderr warn;

events {
  worker_connections 512;
}

http {
${SCRATCH_FOLDERS}
  types {
    text/html html;
    text/css css;
    text/javascript js;
    image/svg+xml svg;
    application/json json;
  }
  default_type application/octet-stream;
  charset utf-8;
  charset_types text/css text/javascript application/json image/svg+xml;
  access_log off;
  server_tokens off;
  sendfile on;
  gzip on;
  gzip_vary on;
  gzip_types text/css text/javascript image/svg+xml;
  # The page sends no bodies, and a slow client takes no connection from others.
  client_max_body_size 1k;
  client_header_timeout 10s;
  client_body_timeout 10s;
  send_timeout 20s;
  keepalive_timeout 30s;

${tlsServer(input)}

  server {
    listen 127.0.0.1:${healthPort};
    ${health(revision)}
    location / { return 404; }
  }
}
`;
}

/** Seconds that a browser remembers it for: a year. */
const TLS_ONLY_SECONDS = 31_536_000;

function tlsServer({ brokerUrl, revision, tlsOnly }: ServerConfigurationInput): string {
  const { certificate, key, page, access } = consoleFileNames;
  return `  server {
    listen ${port} ssl;
    http2 on;
    root ${current}/${page};
    ssl_certificate ${current}/${certificate};
    ssl_certificate_key ${current}/${key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
    ssl_session_tickets off;
${securityHeaders(brokerUrl)}
    # A location with a header of its own would inherit none of these, so this one is chosen by a map.
    add_header Cache-Control $caching always;
    add_header Strict-Transport-Security $transport always;

    if ($request_method !~ ^(GET|HEAD)$) { return 405; }
    ${health(revision)}
    location = / { try_files /index.html =404; }
    location ~ ^/(index\\.html|config\\.json|icon\\.svg|console-[0-9a-f]+\\.(js|css)|${access}/[0-9a-f]+\\.json)$ {
      try_files $uri =404;
    }
    location / { return 404; }
  }

  # A file named by its content never changes; nothing else is kept anywhere.
  map $uri $caching {
    ~^/console-[0-9a-f]+\\.(js|css)$ "public, max-age=31536000, immutable";
    default "no-store";
  }

  # On localhost a browser would take TLS for every other program's port too; it knows nothing of it for addresses.
  map $host $transport {
    ~^(.+\\.)?localhost$ "";
    default "${tlsOnly ? `max-age=${TLS_ONLY_SECONDS}` : ""}";
  }`;
}

function health(revision: string): string {
  return `location = /healthz { default_type text/plain; return 200 "${revision}"; }`;
}

function securityHeaders(brokerUrl: string): string {
  const headers = {
    "Content-Security-Policy": contentSecurityPolicy(brokerUrl),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=()",
    "X-Robots-Tag": "noindex",
  };
  return Object.entries(headers)
    .map(([name, value]) => `    add_header ${name} "${value}" always;`)
    .join("\n");
}
