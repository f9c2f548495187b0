// Collects the issues of one document, with their pointers, up to the cap.

import { maxIssues, type Issue, type IssueParams, type Keyword } from '../../model/index.ts'
import { pointerOf } from '../../json/index.ts'

export interface Validation {
  /** Empty when the document passes; at most 32. */
  readonly issues: readonly Issue[]
  /** True when there was a 33rd issue. */
  readonly truncated: boolean
}

export class IssueCollector {
  /** Keys and indices from the root to the current value. */
  readonly path: (string | number)[] = []
  /** True from the 33rd issue on: later ones cannot change the result. */
  truncated = false
  readonly #issues: Issue[] = []

  /** Adds an issue at the current value, or at its member `key`. */
  add(keyword: Keyword, params: IssueParams, key?: string): void {
    if (this.#issues.length === maxIssues) {
      this.truncated = true
      return
    }
    const pointer = pointerOf(key === undefined ? this.path : [...this.path, key])
    this.#issues.push({ code: 'validate.failed', pointer, keyword, params })
  }

  result(): Validation {
    return { issues: this.#issues, truncated: this.truncated }
  }
}
