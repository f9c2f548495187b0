#!/usr/bin/env node
// The executable. It only connects a command, or the import of a user's module, to this process.

import { processIo } from './io.ts'
import { runModule } from './user-module/module-process.ts'
import { moduleArgument } from './user-module/module-report.ts'
import { run } from './run.ts'

const [first, ...args] = process.argv.slice(2)
if (first === moduleArgument) await runModule(args[0] ?? '')
else process.exitCode = await run(process.argv.slice(2), processIo())
