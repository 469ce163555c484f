/** A message waits for something that is no fault of its own: it is given back, and due again then. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
  readonly until: Date;

  constructor(until: Date) {
    super('it is not time yet');
    this.until = until;
  }
}
