// The pool's worker with coverage: writes the list of each task's files to a file.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { CallCoverage, folderVariable, listFileVariable } from './coverage.ts'

const folder = process.env[folderVariable] as string
const file = join(folder, 'placements/pool/worker.js')
const coverage = await CallCoverage.start(folder)
const { run: runTask } = (await import(pathToFileURL(file).href)) as { run: (task: unknown) => unknown }

export async function run(task: unknown): Promise<unknown> {
  await coverage.take()
  const answer = runTask(task)
  writeFileSync(process.env[listFileVariable] as string, JSON.stringify(await coverage.take()))
  return answer
}
