// One after the other: an answer that is on its way is taken before the next is asked for.

/** Gives `turn(work)`: `work` begins when all that came before has ended, well or not. */
export function turns() {
  let last = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
