import { Fault } from "../../wire/fault";
import type { UserId } from "../../wire/ids";
import { Line, type LineState } from "../../wire/line";
import type { Delta, JoinedDelta } from "../../wire/sync";
import { emptiedIn } from "../emptied";
import { attachmentOf } from "../media/content";
import { apply, emptyModel, type Room } from "../model";
import { sentAs } from "../sentAs";
import type { Keeping } from "./keeping";
import type { Known } from "./known";
import type { Sending } from "./sending";

/** What the hub may say about the session itself. */
export interface HubPort {
	connected(): void;
	signedOut(): void;
	/** The person's role now asks for a second key. */
	barred(): void;
}

/** The line to the hub: what comes in is applied to what is known and saved; what waits goes out when there is a line. */
export class Hub {
	private line: Line | undefined;

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly sending: Sending,
		private readonly port: HubPort,
	) {}

	listen(me: UserId): void {
		this.line?.close();
		this.line = new Line({
			state: (state) => this.lineIs(state),
			delta: (delta) => this.take(delta),
			signedOut: () => this.port.signedOut(),
			barred: () => this.port.barred(),
			lost: () => {
				this.here.model.value = emptyModel(me);
			},
			since: () => this.here.model.value.next,
		});
	}

	/** Says nothing more and hears nothing more. */
	close(): void {
		this.line?.close();
	}

	/** Forgets the line, so that nothing goes out by it. */
	leave(): void {
		this.line = undefined;
	}

	/** Reads everything from the hub as a new device does. */
	readAnew(): void {
		const { me, accountData } = this.here.model.value;
		this.close();
		this.here.model.value = { ...emptyModel(me), accountData };
		this.listen(me);
	}

	call(...args: Parameters<Line["call"]>): ReturnType<Line["call"]> {
		if (!this.line) return Promise.reject(new Fault("M_MISSING_TOKEN", "error.missing_token", {}, 401));
		return this.line.call(...args);
	}

	private lineIs(state: LineState): void {
		const now = this.here.line.value;
		if (now.state !== state) this.here.line.value = { state, since: Date.now() };
		if (state === "offline") this.sending.files.hold();
		if (state !== "connected") return;
		this.sending.files.wake();
		this.port.connected();
		this.sending.posts.caughtUp();
		this.sending.posts.flush();
	}

	private take(delta: Delta): void {
		for (const [id, joined] of delta.join) void this.forgetFiles(this.here.model.value.rooms.get(id), joined);
		this.here.model.value = apply(this.here.model.value, sentAs(delta, this.here.outbox.peek(), this.here.model.value.me));
		for (const joined of delta.join.values()) this.sending.posts.arrived(joined.timeline);
		this.keeping.soon();
	}

	/** What was taken back or emptied is not kept here either. */
	private async forgetFiles(room: Room | undefined, joined: JoinedDelta): Promise<void> {
		const redacted = new Set(joined.timeline.filter((e) => e.type === "m.room.redaction").map((e) => e.redacts));
		const gone = (room?.timeline ?? []).filter((e) => redacted.has(e.id));
		for (const event of [...gone, ...emptiedIn(room, joined)]) {
			const uri = attachmentOf(event.content)?.uri;
			if (uri) await this.here.media.forget(uri);
		}
	}
}
