// A request that breaks the protocol: the status and the reason, without a byte of the request.

export class HttpError {
  readonly status: number
  readonly detail: string

  constructor(status: number, detail: string) {
    this.status = status
    this.detail = detail
  }
}

export const maxHeadBytes = 8192

export const malformed = (detail: string): HttpError => new HttpError(400, detail)
export const unsupportedVersion: HttpError = new HttpError(505, 'Only HTTP/1.1 is supported.')
export const tooLarge = (detail: string): HttpError => new HttpError(431, detail)

/** Of the 'clientError' event; undefined: the connection is broken and takes no response. */
export function httpErrorOf({
  code = '',
  reason = '',
}: NodeJS.ErrnoException & { reason?: string }): HttpError | undefined {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError(408, 'The request is not complete in time.')
    case 'HPE_HEADER_OVERFLOW':
      return tooLarge(`The head has more than ${maxHeadBytes} bytes.`)
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return tooLarge('The chunk extensions are too long.')
    case 'HPE_INVALID_EOF_STATE':
      return malformed('The request ends early.')
    case 'HPE_PAUSED_H2_UPGRADE':
      return unsupportedVersion
  }
  // Also the code of white space behind a version.
  if (reason === 'Invalid HTTP version') return unsupportedVersion
  return code.startsWith('HPE_') ? malformed(reason === '' ? 'The request is malformed.' : `${reason}.`) : undefined
}
