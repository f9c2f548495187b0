// A request that breaks the protocol: the status and the reason, without a byte of the request.

import { httpTexts as texts } from '../../tables/daemon-texts.ts'

export class HttpError {
  readonly status: number
  readonly detail: string
  /** The request is a HEAD: its response has no body. */
  readonly isHead: boolean

  constructor(status: number, detail: string, isHead = false) {
    this.status = status
    this.detail = detail
    this.isHead = isHead
  }
}

export const requestTimeout = 408
export const maxHeadBytes = 8192

export const malformed = (detail: string): HttpError => new HttpError(400, detail)
export const unsupportedVersion: HttpError = new HttpError(505, texts.version)
export const tooLarge = (detail: string): HttpError => new HttpError(431, detail)

interface ParserError extends NodeJS.ErrnoException {
  readonly reason?: string
  /** The bytes that were read last. */
  readonly rawPacket?: Buffer
}

/** Where the request begins with the packet, as nearly always. */
const isHeadRequest = (packet: Buffer): boolean => /^(?:\r\n)*HEAD /.test(packet.toString('latin1', 0, 32))

/** Of the 'clientError' event; undefined: the connection is broken and takes no response. */
export function httpErrorOf({ code = '', reason = '', rawPacket }: ParserError): HttpError | undefined {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError(requestTimeout, texts.timeout)
    case 'HPE_HEADER_OVERFLOW':
      return tooLarge(texts.headTooLong)
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return tooLarge(texts.extensionsTooLong)
    case 'HPE_INVALID_EOF_STATE':
      return malformed(texts.endsEarly)
    case 'HPE_PAUSED_H2_UPGRADE':
      return unsupportedVersion
  }
  // Also the code of white space behind a version.
  if (reason === 'Invalid HTTP version') return unsupportedVersion
  if (!code.startsWith('HPE_')) return undefined
  return new HttpError(400, detailOf(code, reason), rawPacket !== undefined && isHeadRequest(rawPacket))
}

/** The text of sidelaned, which reads the same requests without node:http. */
function detailOf(code: string, reason: string): string {
  switch (code) {
    case 'HPE_INVALID_HEADER_TOKEN':
    case 'HPE_UNEXPECTED_SPACE':
      return texts.field
    case 'HPE_INVALID_CONTENT_LENGTH':
    case 'HPE_UNEXPECTED_CONTENT_LENGTH':
    case 'HPE_INVALID_TRANSFER_ENCODING':
      if (reason.includes("can't be present")) return texts.twoLengths
      return code === 'HPE_INVALID_TRANSFER_ENCODING' ? texts.transferCoding : texts.contentLength
    case 'HPE_INVALID_CHUNK_SIZE':
      return texts.chunkSize
    case 'HPE_STRICT':
    case 'HPE_LF_EXPECTED':
    case 'HPE_CR_EXPECTED':
      if (reason.includes('chunk ext')) return texts.chunkSize
      if (reason.includes('chunk size')) return code === 'HPE_CR_EXPECTED' ? texts.chunkLine : texts.chunkSize
      if (reason.includes('chunk')) return texts.chunkEnd
      return reason.includes('version') ? texts.requestLine : texts.bareLineFeed
    default:
      return texts.requestLine
  }
}
