// Whether two sides said the same about a payload. Where both are engines of this package, by digest and by the list of issues.
// Where one is the app's code, by the document: both bodies are decompressed and read, on a path that no call waits for.

import { decompress } from '../engine/index.ts'
import { canonicalText, readBytes } from '../json/index.ts'
import {
  type Accepted,
  type Contract,
  type DataCode,
  type Issue,
  type Keyword,
  type Mismatch,
  type MismatchSide,
  type Outcome,
  type Rejected,
  type SideName,
} from '../model/index.ts'
import type { Compared } from '../policies/index.ts'
import { sha256Hex } from '#runtime'

/** The difference; undefined: there is none. `own`: sides that are no function. */
export function differenceOf(
  contract: Contract,
  own: Readonly<Record<SideName, boolean>>,
  one: Compared,
  other: Compared,
): Mismatch | undefined {
  const [baseline, candidate] = one.side === 'baseline' ? [one.outcome, other.outcome] : [other.outcome, one.outcome]
  const bothOwn = own.baseline && own.candidate
  const report = (kind: Mismatch['kind'], digests: readonly (string | null)[] = [null, null]): Mismatch => ({
    contract: contract.name,
    contractId: contract.id,
    kind,
    baseline: sideOf(baseline, digests[0] ?? null),
    candidate: sideOf(candidate, digests[1] ?? null),
  })
  if (baseline.ok && candidate.ok) {
    const digests = bothOwn && baseline.digest !== null && candidate.digest !== null
    const [a, b] = digests
      ? [baseline.digest, candidate.digest]
      : [documentDigest(baseline, contract), documentDigest(candidate, contract)]
    // A plain hash of a document of which the contract wants a keyed digest could be searched for.
    const shown = !digests && contract.profile.digest === 'hmac-sha-256' ? [null, null] : [a, b]
    return a === b && a !== null ? undefined : report('document', shown)
  }
  if (baseline.ok || candidate.ok) return report('verdict')
  const isSame = bothOwn
    ? baseline.code === candidate.code && JSON.stringify(baseline.issues) === JSON.stringify(candidate.issues)
    : agree(baseline, candidate)
  return isSame ? undefined : report('issues')
}

const ofApp: DataCode = 'app.failed'

/**
 * Whether two rejections agree in what both say in the same terms: codes and pointers of sidelane, or of the app. Where only one
 * has issues of the app, such as those of zod, that both refuse is all: zod points at other places than JSON Schema does.
 */
function agree(one: Rejected, other: Rejected): boolean {
  if (one.code !== other.code) return one.code === ofApp || other.code === ofApp
  const [a, b] = [placesOf(one), placesOf(other)]
  return a === undefined || b === undefined || a === b
}

/** Codes and pointers, in any order; undefined: there are none, not all of them, or in other terms than the code. */
function placesOf({ code, issues, truncated }: Rejected): string | undefined {
  if (issues.length === 0 || truncated || issues.some((issue) => (issue.code === ofApp) !== (code === ofApp))) {
    return undefined
  }
  const places = new Set(issues.map((issue) => JSON.stringify([issue.code, issue.check ?? '', issue.pointer])))
  return JSON.stringify([...places].toSorted())
}

function sideOf(outcome: Outcome, digest: string | null): MismatchSide {
  if (outcome.ok) return { ok: true, digest, codes: [], keywords: [] }
  const issues: readonly Issue[] = outcome.issues
  const codes = new Set<string>([outcome.code, ...issues.map(({ code }) => code)])
  const keywords = new Set<Keyword>(issues.flatMap(({ keyword }) => keyword ?? []))
  return { ok: false, digest: null, codes: [...codes], keywords: [...keywords] }
}

/** Of the canonical form of what the body holds; null: that is no document, or none that the contract could have. */
function documentDigest({ body, codec }: Accepted, { profile, dictionary }: Contract): string | null {
  const { limits, numbers } = profile
  const maxBytes = Math.min(2_147_483_647, 4 * limits.maxBytes)
  try {
    const bytes = decompress(body, codec, { maxBytes, dictionary })
    const read = readBytes(bytes, { ...limits, maxBytes, numbers })
    return read.ok ? sha256Hex(canonicalText(read.value)) : null
  } catch {
    return null
  }
}
