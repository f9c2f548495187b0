// Shared by the rows about callers in other languages: a caller beside a daemon that the row kills and replaces.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, type TestContext } from 'vitest'
import { callWith, commandOf, type Language } from '../callers/callers.ts'
import { needDaemon, type DaemonKind } from '../support/daemon.ts'
import { needTool } from '../support/tools.ts'
import { onDaemon, raw, type Row } from './daemon-kit.ts'

export interface Caller {
  /** Writes this many payloads to the caller. */
  send(count: number): void
  /** Resolves when the caller has printed the lines of all payloads but the last `ahead`. */
  printed(ahead: number): Promise<void>
}

/** Runs the body; then the caller must have one line for each payload, and the line of a last payload is an accepted one. */
export async function onCaller(
  context: TestContext,
  kind: DaemonKind,
  language: Language,
  body: (row: Row, caller: Caller) => Promise<void>,
): Promise<void> {
  needTool(language.tool, context)
  needDaemon(kind, context)
  const command = commandOf(language)
  await onDaemon(
    context,
    kind,
    async (row) => {
      const conversation = callWith(command, row.socket, raw.name)
      let sent = 0
      const caller: Caller = {
        send(count) {
          for (const end = sent + count; sent < end; sent++) conversation.write(`[${sent}]`)
        },
        async printed(ahead) {
          while (conversation.lines().length < sent - ahead) await sleep(1)
        },
      }
      await body(row, caller)
      await caller.printed(0)
      caller.send(1)
      expect(await conversation.end()).toBe(0)
      const lines = conversation.lines()
      expect(lines.length).toBe(sent)
      expect(
        lines.filter((line) => !/^(?:200 [0-9a-f]{64} \d+|- unavailable 0|429 overloaded \d+)$/.test(line)),
      ).toEqual([])
      expect(lines.at(-1)).toMatch(/^200 /)
      await row.back()
    },
    { kills: true },
  )
}
