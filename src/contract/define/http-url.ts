// httpUrl(): the replacement for z.url(), whose check is code (the URL constructor) and cannot be part of a lock.

import { string, type ZodString } from 'zod'
import { httpUrlPattern } from './frozen-patterns.ts'

/**
 * A string that is an http or https URL: lower-case scheme, an ASCII host name or bracketed IPv6, no user information,
 * everything else percent-encoded. The pattern never changes. It accepts less than the URL constructor.
 */
export const httpUrl = (): ZodString => string().regex(new RegExp(httpUrlPattern), { error: 'Invalid http(s) URL' })
