#!/usr/bin/env node
// The bin. Everything else is in run.ts, so that tests can call it.

import { processIo } from './io.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), processIo())
