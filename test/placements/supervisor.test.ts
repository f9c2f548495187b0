// When a group of workers is replaced: on stubs of the groups, without threads.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SidelaneError, type LoadedEngineReport } from '../../src/model/index.ts'
import { Supervisor, type SupervisorOptions } from '../../src/placements/pool/supervisor.ts'
import { WorkerGroup, type WorkerGroupOptions } from '../../src/placements/pool/worker-group.ts'

const native: LoadedEngineReport = { kind: 'native', reason: 'It loaded.', tried: [] }

interface StubGroup {
  isAlive: boolean
  heapMb: number
  readonly options: WorkerGroupOptions
  readonly destroy: () => Promise<void>
  readonly retire: () => Promise<void>
}

/** The groups that were started, and the error of the next start. */
let groups: StubGroup[] = []
let nextError: Error | undefined

beforeEach(() => {
  groups = []
  nextError = undefined
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  vi.spyOn(WorkerGroup, 'start').mockImplementation((options) => {
    if (nextError !== undefined) return Promise.reject(nextError)
    const destroy = vi.fn(() => Promise.resolve())
    const retire = vi.fn(() => Promise.resolve())
    const group = { isAlive: true, heapMb: 128, options, destroy, retire }
    groups.push(group)
    return Promise.resolve(group as unknown as WorkerGroup)
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const start = (options: Partial<SupervisorOptions> = {}): Promise<Supervisor> =>
  Supervisor.start({
    threads: 1,
    workerUrl: undefined,
    engine: native,
    fallsBack: false,
    onReplaced: () => {},
    setup: { engine: 'native', jsCompressor: undefined, contracts: [] },
    ...options,
  })

const group = (index: number): StubGroup => groups[index] as StubGroup

test('a broken group is replaced after 100 ms and retired', async () => {
  const supervisor = await start()
  group(0).options.onBroken('no memory')
  expect(supervisor.reason).toBe('no memory')
  await vi.advanceTimersByTimeAsync(99)
  expect(groups).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2)
  expect(supervisor.group).toBe(group(1))
  expect(group(0).retire).toHaveBeenCalledOnce()
  expect(group(0).destroy).not.toHaveBeenCalled()
})

test('a broken group without workers is destroyed, so that its tasks reject', async () => {
  await start()
  group(0).isAlive = false
  group(0).options.onBroken('no memory')
  expect(group(0).destroy).toHaveBeenCalledOnce()
})

test('the pause between attempts doubles up to 5 s, and a start that works resets it', async () => {
  await start()
  nextError = new Error('still no memory')
  group(0).options.onBroken('no memory')
  const pauses: number[] = []
  for (let i = 0; i < 8; i++) {
    const attempts = vi.mocked(WorkerGroup.start).mock.calls.length
    let ms = 0
    for (; vi.mocked(WorkerGroup.start).mock.calls.length === attempts; ms += 100)
      await vi.advanceTimersByTimeAsync(100)
    pauses.push(ms)
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  nextError = undefined
  await vi.advanceTimersByTimeAsync(5000)
  expect(groups).toHaveLength(2)
  group(1).options.onBroken('no memory')
  await vi.advanceTimersByTimeAsync(100)
  expect(groups).toHaveLength(3)
})

test('a contract that needs a larger heap replaces the group', async () => {
  const contracts = [{ number: 0, lock: '', digestKey: undefined, dictionary: undefined, heapMb: 34 }]
  const engine: LoadedEngineReport = { kind: 'js', reason: '', tried: [] }
  const supervisor = await start({ engine, setup: { engine: 'js', jsCompressor: undefined, contracts } })
  supervisor.fit()
  await vi.advanceTimersByTimeAsync(0)
  expect(groups).toHaveLength(1)
  contracts.push({ ...(contracts[0] as (typeof contracts)[0]), number: 1, heapMb: 672 })
  vi.mocked(WorkerGroup.start).mockImplementationOnce((options) => {
    groups.push({ ...group(0), heapMb: 1024, options })
    return Promise.resolve(group(1) as unknown as WorkerGroup)
  })
  supervisor.fit()
  await vi.advanceTimersByTimeAsync(0)
  expect(supervisor.group).toBe(group(1))
  expect(group(0).retire).toHaveBeenCalledOnce()
})

test('workers that cannot load the native engine fall back to js only with `fallsBack`', async () => {
  const cause = new SidelaneError('engine.unavailable', { message: 'No addon.', params: { tried: [] } })
  const failed = new SidelaneError('engine.unavailable', { cause })
  vi.mocked(WorkerGroup.start).mockRejectedValueOnce(failed)
  await expect(start()).rejects.toBe(failed)
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  vi.mocked(WorkerGroup.start).mockRejectedValueOnce(failed)
  const supervisor = await start({ fallsBack: true })
  expect(supervisor.engine).toEqual({ kind: 'js', reason: 'The workers fell back to js. No addon.', tried: [] })
  expect(group(0).options.setup.engine).toBe('js')
  expect(warn).toHaveBeenCalledOnce()
})

test('no group is started after destroy', async () => {
  const supervisor = await start()
  group(0).options.onBroken('no memory')
  await supervisor.destroy()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(groups).toHaveLength(1)
  expect(group(0).destroy).toHaveBeenCalledOnce()
})
