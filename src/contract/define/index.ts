// The door of define/: contracts from zod. Apart from contract/index.ts, so that who only loads locks never loads zod.

export { defineContract, type DefineOptions } from './define.ts'
export { httpUrl } from './http-url.ts'
export { norm } from './norm.ts'
