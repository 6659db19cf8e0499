/** The CA certificates that a client has to trust, PEM. */
export const authorityFile = "ca.crt";
/** The client's own certificate, PEM, where a listener asks for one. */
export const certificateFile = "client.crt";
/** The key of the client's certificate, PEM. */
export const keyFile = "client.key";
