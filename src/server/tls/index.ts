export { listenTls, type TlsListener } from './acceptor.ts'
export { loadTlsFiles, type TlsFiles } from './files.ts'
