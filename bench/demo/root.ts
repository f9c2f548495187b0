// Where the built package is, seen from bench/demo and from build/bench/demo.

import { fileURLToPath } from 'node:url'

const root = new URL(import.meta.url.includes('/build/bench/') ? '../../../' : '../../', import.meta.url)

export const cli: string = fileURLToPath(new URL('dist/cli/main.js', root))
