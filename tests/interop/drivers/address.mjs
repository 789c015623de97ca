// Every https address leads to the tests' own web server: only the address is another.
//
// Names are looked up nowhere. TLS is real: the server has a certificate for each name, signed by
// an authority that NODE_EXTRA_CA_CERTS makes known. Each package sends its own request, with its
// own headers.
import tls from 'node:tls';

const connect = tls.connect;

export function leadTo(port) {
  tls.connect = function (options, ...rest) {
    const servername = options.servername || options.host;
    return connect.call(this, { ...options, host: '127.0.0.1', port, servername }, ...rest);
  };
}
