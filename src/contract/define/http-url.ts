// httpUrl(): the replacement for z.url(), whose check is the URL constructor and cannot travel. The only file here that
// builds zod schemas.

import { string, type ZodString } from 'zod'
import { httpUrlPattern } from './frozen-patterns.ts'

/**
 * A string that is an http or https URL: lower-case scheme, an ASCII host name or bracketed IPv6, no user information,
 * everything else percent-encoded. Fixed for ever: it takes less than the URL constructor, and never `javascript:`.
 */
export const httpUrl = (): ZodString => string().regex(new RegExp(httpUrlPattern), { error: 'Invalid http(s) URL' })
