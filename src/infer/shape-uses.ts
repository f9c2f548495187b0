// Says which shared shapes get a constant, and its name: those that are used twice, or within themselves.

import type { ObjectShape, PlainShape, SharedShape, ValueShape } from './shape.ts'

export class ShapeUses {
  readonly #uses = new Map<SharedShape, number>()
  readonly #names = new Map<SharedShape, string>()

  /** No constant gets a name in `reserved`. */
  constructor(root: ValueShape, reserved: ReadonlySet<string>) {
    this.#value(root)
    const taken = new Set(reserved)
    for (const [shared, uses] of this.#uses) {
      if (uses < 2) continue
      let name = shared.word
      for (let i = 2; taken.has(name); i++) name = `${shared.word}${i}`
      taken.add(name)
      this.#names.set(shared, name)
    }
  }

  /** The name of the constant, if the shape gets one. */
  nameOf(shared: SharedShape): string | undefined {
    return this.#names.get(shared)
  }

  #value({ arrays, objects }: ValueShape): void {
    if (arrays !== undefined) this.#value(arrays.items)
    if (objects !== undefined) this.#objects(objects)
  }

  #objects(shape: ObjectShape): void {
    if (shape.kind === 'record') this.#value(shape.values)
    else if (shape.kind === 'shared') this.#shared(shape.shared)
    else this.#plain(shape)
  }

  #shared(shared: SharedShape): void {
    const uses = (this.#uses.get(shared) ?? 0) + 1
    this.#uses.set(shared, uses)
    if (uses === 1) this.#plain(shared.shape)
  }

  #plain(shape: PlainShape): void {
    const variants = shape.kind === 'members' ? [shape] : shape.branches.values()
    for (const { members } of variants) for (const member of members.values()) this.#value(member)
  }
}
