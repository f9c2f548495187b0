// The pool's worker with coverage: sends the files of each task to the caller's thread.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { CallCoverage, folderVariable } from './coverage.ts'

/** The second name: before the folders were renamed. */
const workerFiles = ['placements/pool/worker.js', 'placement/pool/worker.js']

const folder = process.env[folderVariable] as string
const file = workerFiles.map((name) => join(folder, name)).find((path) => existsSync(path)) as string
const coverage = await CallCoverage.start(folder)
const channel = new BroadcastChannel(folderVariable)
const { run: runTask } = (await import(pathToFileURL(file).href)) as { run: (task: unknown) => unknown }

export async function run(task: unknown): Promise<unknown> {
  await coverage.take()
  const answer = runTask(task)
  channel.postMessage(await coverage.take())
  return answer
}
