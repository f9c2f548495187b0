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
export const tooLarge = (detail: string): HttpError => new HttpError(431, detail)

const large = new Set(['HPE_HEADER_OVERFLOW', 'HPE_CHUNK_EXTENSIONS_OVERFLOW'])
const versions = new Set(['HPE_INVALID_VERSION', 'HPE_PAUSED_H2_UPGRADE'])

/** Of the 'clientError' event; undefined: the connection is broken and takes no response. */
export function httpErrorOf({ code = '', reason }: NodeJS.ErrnoException & { reason?: string }): HttpError | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpError(408, 'The request is not complete in time.')
  if (versions.has(code)) return new HttpError(505, 'Only HTTP/1.1 is supported.')
  if (code === 'HPE_HEADER_OVERFLOW') return tooLarge(`The head has more than ${maxHeadBytes} bytes.`)
  if (large.has(code)) return tooLarge('The chunk extensions are too long.')
  if (code === 'HPE_INVALID_EOF_STATE') return malformed('The request ends early.')
  return code.startsWith('HPE_') ? malformed(reason === undefined ? 'The request is malformed.' : `${reason}.`) : undefined
}
