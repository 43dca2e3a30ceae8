/** Answers may come in another order than that in which they were asked for. */
export class Turns {
	private asked = 0;
	private taken = 0;

	/** Before something is asked: gives what tells, of its answer, whether none that was asked for later has been taken. */
	next(): () => boolean {
		const turn = ++this.asked;
		return () => {
			if (turn < this.taken) return false;
			this.taken = turn;
			return true;
		};
	}
}
