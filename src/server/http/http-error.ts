// A request that breaks the protocol: the status and the reason, without a byte of the request.

import { httpTexts as texts } from '../../tables/daemon-texts.ts'

export class HttpError {
  readonly status: number
  readonly detail: string

  constructor(status: number, detail: string) {
    this.status = status
    this.detail = detail
  }
}

export const requestTimeout = 408
export const maxHeadBytes = 8192

export const malformed = (detail: string): HttpError => new HttpError(400, detail)
export const unsupportedVersion: HttpError = new HttpError(505, texts.version)
export const tooLarge = (detail: string): HttpError => new HttpError(431, detail)

/** Of the 'clientError' event; undefined: the connection is broken and takes no response. */
export function httpErrorOf({
  code = '',
  reason = '',
}: NodeJS.ErrnoException & { reason?: string }): HttpError | undefined {
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
  return code.startsWith('HPE_') ? malformed(detailOf(code, reason)) : undefined
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
      if (reason.includes('chunk')) return texts.chunkEnd
      return reason.includes('version') ? texts.requestLine : texts.bareLineFeed
    default:
      return texts.requestLine
  }
}
