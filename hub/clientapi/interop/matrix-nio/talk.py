"""Drives a hub with matrix-nio, a Matrix client library that nobody here wrote, which speaks as clients did years ago: by the r0 names of
endpoints, and with its token in the address. Two people sign in and talk in two rooms, one in clear and one encrypted, and hear each other by
sync. The Go test in the folder above starts the hub and this script, and reads its exit code."""

import asyncio
import io
import os
import tempfile

import nio

PATIENCE = 20  # how long one thing may take, in seconds


class Person(nio.AsyncClient):
    """A device of a person, and what it has heard."""

    def __init__(self, name, folder):
        config = nio.AsyncClientConfig(encryption_enabled=True, max_limit_exceeded=0, max_timeouts=0)
        super().__init__(setting("PANAH_TEST_HUB"), name, store_path=folder, config=config)
        self.read = {}  # messages, by their ids
        self.typing = set()  # rooms and who typed in them
        self.receipts = set()  # messages and who has read them
        self.add_event_callback(self.take_message, nio.RoomMessageText)
        self.add_ephemeral_callback(self.take_typing, nio.TypingNoticeEvent)
        self.add_ephemeral_callback(self.take_receipts, nio.ReceiptEvent)

    def take_message(self, _room, event):
        self.read[event.event_id] = event

    def take_typing(self, room, event):
        self.typing.update((room.room_id, user) for user in event.users)

    def take_receipts(self, _room, event):
        self.receipts.update((receipt.event_id, receipt.user_id) for receipt in event.receipts)

    async def enter(self):
        """Signs in, publishes the device's keys and begins to listen."""
        good(await self.login(setting("PANAH_TEST_PASSPHRASE")))
        good(await self.keys_upload())
        self.listening = asyncio.create_task(self.sync_forever(timeout=10_000, full_state=True))

    async def leave(self):
        self.listening.cancel()
        await self.listening
        good(await self.logout())
        await self.close()

    async def until(self, what, holds):
        """Waits for what holds after one of the rounds to come."""

        async def rounds():
            while not holds():
                await self.synced.wait()

        waiting = asyncio.create_task(rounds())
        await asyncio.wait({self.listening, waiting}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self.listening.done():
            await self.listening  # raises what ended it
        assert holds(), f"{self.user_id} waits for {what}: not within {PATIENCE} seconds"

    async def sees(self, other, room):
        """Waits until somebody is in a room."""

        def joined():
            here = self.rooms.get(room)
            return here is not None and other.user_id in here.users and other.user_id not in here.invited_users

        await self.until(f"{other.user_id} in {room}", joined)

    async def say(self, room, words):
        content = {"msgtype": "m.text", "body": words}
        return good(await self.room_send(room, "m.room.message", content, ignore_unverified_devices=True)).event_id

    async def hears(self, event_id, words, sender):
        await self.until(words, lambda: event_id in self.read)
        event = self.read[event_id]
        assert (event.body, event.sender) == (words, sender.user_id), event
        return event


def setting(name):
    value = os.environ.get(name)
    assert value, f"{name} is not set: this script is run by the Go test in the folder above"
    return value


def good(answer):
    """Gives an answer, unless it is a refusal."""
    assert not isinstance(answer, nio.ErrorResponse), answer
    return answer


async def talk(ana, ben, state):
    """Opens a room of ana's with some state, has ben join it, and both say something and hear each other."""
    made = await ana.room_create(preset=nio.RoomPreset.private_chat, invite=[ben.user_id], initial_state=state)
    room = good(made).room_id
    await ben.until("the invitation", lambda: room in ben.invited_rooms)
    good(await ben.join(room))
    await ana.sees(ben, room)
    await ben.sees(ana, room)
    first = await ana.say(room, "Салом! سلام!")
    heard = [await ben.hears(first, "Салом! سلام!", ana)]
    await ben.until("one unread", lambda: ben.rooms[room].unread_notifications == 1)
    second = await ben.say(room, "Salom!")
    heard.append(await ana.hears(second, "Salom!", ben))
    secret = bool(state)
    assert [event.decrypted for event in heard] == [secret, secret], "a message went out in clear, or was not to be encrypted"
    return room, first, second


async def use(ana, ben, room, first, second):
    """Does what a client does beside talking."""
    page = good(await ana.room_messages(room, ana.next_batch, limit=3))
    assert [event.event_id for event in page.chunk[:2]] == [second, first], page.chunk
    good(await ana.room_typing(room, True, 5_000))
    await ben.until("typing", lambda: (room, ana.user_id) in ben.typing)
    assert ana.rooms[room].unread_notifications == 1, ana.rooms[room].unread_notifications
    good(await ana.room_read_markers(room, second, second))
    await ana.until("nothing unread", lambda: ana.rooms[room].unread_notifications == 0)
    await ben.until("the receipt", lambda: (second, ana.user_id) in ben.receipts)
    note = "یک یادداشت".encode()
    kept, _ = await ana.upload(io.BytesIO(note), content_type="text/plain", filename="note.txt", filesize=len(note))
    assert good(kept).content_uri.startswith("mxc://"), kept
    good(await ana.set_displayname("Ana"))
    assert good(await ben.get_displayname(ana.user_id)).displayname == "Ana"
    good(await ana.room_redact(room, first))
    good(await ben.room_leave(room))
    await ana.until("ben to be gone", lambda: ben.user_id not in ana.rooms[room].users)


async def main():
    with tempfile.TemporaryDirectory() as folder:
        ana, ben = Person("nio.ana", folder), Person("nio.ben", folder)
        await ana.enter()
        await ben.enter()
        await talk(ana, ben, [nio.EnableEncryptionBuilder().as_dict()])
        await use(ana, ben, *await talk(ana, ben, []))
        await ana.leave()
        await ben.leave()
    print("two people talked through matrix-nio")


asyncio.run(main())
