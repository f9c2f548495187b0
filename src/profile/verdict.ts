// From the shares to the answer: the most that moving work can win, and whether that is worth a look.

import { formatMs, formatShare } from './format.ts'
import { categoryNames, type Bound, type CallSite, type ProfileAnswers, type ProfileVerdict } from './record.ts'

/** Under it there is nothing to win. */
const minShare = 0.1
/** A p99 stall that falls by less is not worth moving work for. */
const minStallMs = 5
/** Beyond it Amdahl's law gives no useful number. */
const maxSpeedup = 1000

export function boundOf(movable: number, idle: number, p99: Bound['p99']): Bound {
  const busy = 1 - idle
  const movableOfBusy = busy <= 0 ? 0 : Math.min(1, movable / busy)
  const speedup = movableOfBusy > 1 - 1 / maxSpeedup ? null : 1 / (1 - movableOfBusy)
  return { movable, movableOfBusy, speedup, p99 }
}

export interface VerdictInput {
  readonly bound: Bound
  readonly idle: number
  readonly requests: number
  readonly largest: CallSite | undefined
}

export function verdictOf(input: VerdictInput): { readonly verdict: ProfileVerdict; readonly answers: ProfileAnswers } {
  const { bound, idle } = input
  const { now, without } = bound.p99
  // As it is shown.
  const isLarge = Math.round(bound.movable * 1000) >= minShare * 1000
  const stalls = now - without >= minStallMs && now - without >= minShare * now
  const hotPath = isLarge || stalls
  return {
    verdict: { hotPath, sentences: hotPath ? hotSentences(input, stalls) : coldSentences(input) },
    answers: { cpuBound: idle < 0.5 && isLarge, movableShare: bound.movable, stalls, hotPath },
  }
}

function hotSentences({ bound, largest }: VerdictInput, stalls: boolean): string[] {
  const { now, without } = bound.p99
  const times = bound.speedup === null ? 'more than 1,000' : bound.speedup.toFixed(bound.speedup < 9.95 ? 1 : 0)
  const place =
    largest &&
    `The largest part is ${words[largest.category]} in ${largest.function || 'a function without a name'} (${largest.file}:${largest.line}), ${formatShare(largest.share)}.`
  return [
    `Moving this work off the main thread frees at most ${formatShare(bound.movable)} of its time: a full core would do at most ${times} times the work.`,
    stalls
      ? `The p99 stall falls from ${formatMs(now)} to ${formatMs(without)} at best.`
      : `The p99 stall of ${formatMs(now)} hardly falls.`,
    ...(place ? [place] : []),
    'Moving has a price of its own: `sidelane decide` measures it with your payloads.',
  ]
}

function coldSentences({ bound, idle, requests }: VerdictInput): string[] {
  const { now } = bound.p99
  const isLight = idle >= 0.5 && bound.movableOfBusy >= minShare
  return [
    `Nothing to win here: work that could move is ${formatShare(bound.movable)} of the main thread's time, under ${formatShare(minShare)}, and the p99 stall of ${formatMs(now)} would hardly fall.`,
    ...(idle >= 0.5 ? [`The main thread waits ${formatShare(idle)} of the time.`] : []),
    ...(isLight
      ? [
          `Of the time in which it worked, that work was ${formatShare(bound.movableOfBusy)}: if production is busier than this, profile it under that load.`,
        ]
      : []),
    ...(requests === 0 && idle >= 0.5 ? ['No HTTP request came in while it was profiled.'] : []),
  ]
}

const words: Readonly<Record<CallSite['category'], string>> = {
  ...categoryNames,
  sidelane: 'the inline engine of sidelane',
}
