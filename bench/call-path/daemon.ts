// Preloaded into the Node daemon: answers each message of the parent process with the files since the message before.

import process from 'node:process'
import { CallCoverage, folderVariable } from './coverage.ts'

const coverage = await CallCoverage.start(process.env[folderVariable] as string)
process.on('message', () => void coverage.take().then((files) => process.send?.(files)))
