// Says which shared shapes get a constant: those that are used twice, or within themselves.

import type { ObjectShape, PlainShape, SharedShape, ValueShape } from './shape.ts'

export class ShapeUses {
  readonly #uses = new Map<SharedShape, number>()

  constructor(root: ValueShape) {
    this.#value(root)
  }

  isNamed(shared: SharedShape): boolean {
    return (this.#uses.get(shared) ?? 0) > 1
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
