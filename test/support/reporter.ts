// The test reporter: adds the reasons of skipped tests and the closing line `N passed, N failed, N skipped`.
import { DefaultReporter } from 'vitest/node'
import type { TestCase, TestModule, SerializedError } from 'vitest/node'

export default class Reporter extends DefaultReporter {
  readonly #skips = new Map<string, number>()
  #passed = 0
  #failed = 0
  #skipped = 0

  override onTestCaseResult(test: TestCase): void {
    super.onTestCaseResult(test)
    const result = test.result()
    if (result.state === 'passed') this.#passed++
    else if (result.state === 'failed') this.#failed++
    else if (result.state === 'skipped') {
      this.#skipped++
      const reason = result.note ?? `no reason given: ${test.fullName}`
      this.#skips.set(reason, (this.#skips.get(reason) ?? 0) + 1)
    }
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: 'passed' | 'interrupted' | 'failed',
  ): void {
    super.onTestRunEnd(modules, errors, reason)
    // A file that fails to load has no test case to count.
    for (const module of modules) if (module.errors().length > 0) this.#failed++
    this.#failed += errors.length
    for (const [why, count] of this.#skips) console.log(`skipped ${count}: ${why}`)
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`)
  }
}
