// What makes a request no request: the status and what was wrong, said without a byte of it.

export class HttpFault {
  readonly status: number
  readonly detail: string

  constructor(status: number, detail: string) {
    this.status = status
    this.detail = detail
  }
}

export const malformed = (detail: string): HttpFault => new HttpFault(400, detail)
export const tooLarge = (detail: string): HttpFault => new HttpFault(431, detail)
