"""AMQP's own errors, where RabbitMQ gives them and with its words."""

from __future__ import annotations

from typing import Any

import pytest
from pamqp import commands as amqp
from pamqp.base import Frame

from .amqp_client import AmqpClient, Peer

Declare = amqp.Queue.Declare


async def refused(peer: Peer, *methods: Frame, user: str = "owner") -> tuple[int, str]:
    """What the last of these methods is refused with."""
    client = await AmqpClient.open(peer, user)
    try:
        for method in methods[:-1]:
            answer = await client.call(1, method)
            assert not isinstance(answer, amqp.Channel.Close), answer.reply_text
        client.send(1, methods[-1])
        return await client.refusal()
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("methods", "code", "text"),
    [
        pytest.param([Declare(queue="no", passive=True)], 404, "NOT_FOUND - no queue 'no' in vhost '{vhost}'", id="queue"),
        pytest.param(
            [amqp.Exchange.Declare(exchange="no", passive=True)],
            404, "NOT_FOUND - no exchange 'no' in vhost '{vhost}'", id="exchange",
        ),
        pytest.param([amqp.Basic.Consume(queue="no")], 404, "NOT_FOUND - no queue 'no' in vhost '{vhost}'", id="consume"),
        pytest.param([amqp.Basic.Get(queue="no")], 404, "NOT_FOUND - no queue 'no' in vhost '{vhost}'", id="get"),
        pytest.param([amqp.Queue.Purge(queue="no")], 404, "NOT_FOUND - no queue 'no' in vhost '{vhost}'", id="purge"),
        pytest.param(
            [amqp.Queue.Bind(queue="no", exchange="hubsante", routing_key="k")],
            404, "NOT_FOUND - no queue 'no' in vhost '{vhost}'", id="bind-queue",
        ),
        pytest.param(
            [amqp.Queue.Bind(queue="dispatch", exchange="no", routing_key="k")],
            404, "NOT_FOUND - no exchange 'no' in vhost '{vhost}'", id="bind-exchange",
        ),
        pytest.param([amqp.Basic.Consume(queue="")], 404, "NOT_FOUND - no previously declared queue", id="no-last-queue"),
        pytest.param(
            [Declare(queue="dispatch", durable=False)],
            406, "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'dispatch' in vhost '{vhost}': "
            "received 'false' but current is 'true'", id="durable",
        ),
        pytest.param(
            [Declare(queue="dispatch", durable=True, arguments={"x-message-ttl": 7})],
            406, "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'dispatch' in vhost '{vhost}': "
            "received ", id="ttl",
        ),
        pytest.param(
            [Declare(queue="dispatch", durable=True, arguments={"x-dead-letter-exchange": "dlx"})],
            406, "PRECONDITION_FAILED - inequivalent arg 'x-dead-letter-exchange' for queue 'dispatch' in vhost "
            "'{vhost}': received ", id="dead-letter-exchange",
        ),
        pytest.param(
            [Declare(queue="new", arguments={"x-message-ttl": -1})],
            406, "PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue 'new' in vhost '{vhost}': "
            "{{value_negative,-1}}", id="negative-ttl",
        ),
        pytest.param(
            [Declare(queue="new", arguments={"x-message-ttl": "soon"})],
            406, "PRECONDITION_FAILED - invalid arg 'x-message-ttl' for queue 'new' in vhost '{vhost}': ", id="text-ttl",
        ),
        pytest.param(
            [Declare(queue="new", arguments={"x-dead-letter-routing-key": "k"})],
            406, "PRECONDITION_FAILED - invalid arg 'x-dead-letter-routing-key' for queue 'new' in vhost '{vhost}': ",
            id="dead-letter-key-alone",
        ),
        pytest.param(
            [amqp.Exchange.Declare(exchange="hubsante", exchange_type="direct", durable=True)],
            406, "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'hubsante' in vhost '{vhost}': "
            "received 'direct' but current is 'topic'", id="exchange-type",
        ),
        pytest.param(
            [amqp.Exchange.Declare(exchange="new", exchange_type="odd")],
            503, "COMMAND_INVALID - unknown exchange type 'odd'", id="unknown-type",
        ),
        pytest.param(
            [amqp.Exchange.Declare(exchange="amq.new", exchange_type="direct")],
            403, "ACCESS_REFUSED - exchange name 'amq.new' contains reserved prefix 'amq.*'", id="reserved-exchange",
        ),
        pytest.param(
            [Declare(queue="amq.new")],
            403, "ACCESS_REFUSED - queue name 'amq.new' contains reserved prefix 'amq.*'", id="reserved-queue",
        ),
        pytest.param(
            [amqp.Queue.Bind(queue="dispatch", exchange="", routing_key="k")],
            403, "ACCESS_REFUSED - operation not permitted on the default exchange", id="default-bind",
        ),
        pytest.param(
            [amqp.Exchange.Delete(exchange="")],
            403, "ACCESS_REFUSED - operation not permitted on the default exchange", id="default-delete",
        ),
        pytest.param([amqp.Exchange.Delete(exchange="amq.topic")], 403, "ACCESS_REFUSED - deletion of system ", id="system"),
        pytest.param(
            [amqp.Exchange.Delete(exchange="hubsante", if_unused=True)],
            406, "PRECONDITION_FAILED - exchange 'hubsante' in vhost '{vhost}' in use", id="exchange-in-use",
        ),
        pytest.param(
            [amqp.Basic.Consume(queue="dead", consumer_tag="c"), amqp.Queue.Delete(queue="dead", if_unused=True)],
            406, "PRECONDITION_FAILED - queue 'dead' in vhost '{vhost}' in use", id="queue-in-use",
        ),
        pytest.param(
            [amqp.Basic.Consume(queue="dead", consumer_tag="c"), amqp.Basic.Consume(queue="dead", consumer_tag="c")],
            530, "NOT_ALLOWED - attempt to reuse consumer tag 'c'", id="consumer-tag",
        ),
        pytest.param(
            [amqp.Basic.Consume(queue="dead", exclusive=True), amqp.Basic.Consume(queue="dead")],
            403, "ACCESS_REFUSED - queue 'dead' in vhost '{vhost}' in exclusive use", id="exclusive-consumer",
        ),
        pytest.param(
            [amqp.Basic.Consume(queue="dead"), amqp.Basic.Consume(queue="dead", exclusive=True)],
            403, "ACCESS_REFUSED - queue 'dead' in vhost '{vhost}' in exclusive use", id="not-alone",
        ),
        pytest.param([amqp.Basic.Ack(1)], 406, "PRECONDITION_FAILED - unknown delivery tag 1", id="ack"),
        pytest.param([amqp.Basic.Ack(3, multiple=True)], 406, "PRECONDITION_FAILED - unknown delivery tag 3", id="ack-many"),
        pytest.param([amqp.Basic.Nack(2)], 406, "PRECONDITION_FAILED - unknown delivery tag 2", id="nack"),
        pytest.param([amqp.Basic.Reject(2)], 406, "PRECONDITION_FAILED - unknown delivery tag 2", id="reject"),
        pytest.param([amqp.Basic.Qos(prefetch_size=1)], 540, "NOT_IMPLEMENTED - prefetch_size!=0 (1)", id="prefetch-size"),
        pytest.param([amqp.Basic.Recover(requeue=False)], 540, "NOT_IMPLEMENTED - requeue=false", id="recover"),
        pytest.param([amqp.Channel.Flow(active=False)], 540, "NOT_IMPLEMENTED - active=false", id="flow"),
        pytest.param([amqp.Channel.Open()], 504, "CHANNEL_ERROR - second 'channel.open' seen", id="second-open"),
    ],
)  # fmt: skip
async def test_refused(engine: Peer, methods: list[Frame], code: int, text: str) -> None:
    got_code, got_text = await refused(engine, *methods)
    expected = text.format(vhost=engine.vhost)
    assert (got_code, got_text[: len(expected)]) == (code, expected)


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ({"exchange": "no", "key": "k"}, 404, "NOT_FOUND - no exchange 'no' in vhost '{vhost}'"),
        ({"exchange": "", "key": "k", "immediate": True}, 540, "NOT_IMPLEMENTED - immediate=true"),
        (
            {"exchange": "", "key": "k", "properties": amqp.Basic.Properties(user_id="other")},
            406, "PRECONDITION_FAILED - user_id property set to 'other' but authenticated user was 'owner'",
        ),
        (
            {"exchange": "", "key": "k", "properties": amqp.Basic.Properties(expiration="soon")},
            406, "PRECONDITION_FAILED - invalid expiration 'soon': ",
        ),
        (
            {"exchange": "", "key": "k", "properties": amqp.Basic.Properties(expiration="-1")},
            406, "PRECONDITION_FAILED - invalid expiration '-1': ",
        ),
    ],
)  # fmt: skip
async def test_publish_refused(
    client: AmqpClient, engine: Peer, options: dict[str, Any], code: int, text: str
) -> None:
    client.publish(**options)
    got_code, got_text = await client.refusal()
    expected = text.format(vhost=engine.vhost)
    assert (got_code, got_text[: len(expected)]) == (code, expected)


@pytest.mark.parametrize(
    ("user", "method", "place"),
    [
        ("editor", Declare(queue="editor.message", durable=True), "queue 'editor.message'"),
        ("editor", Declare(queue="mine"), "queue 'mine'"),
        ("editor", amqp.Basic.Consume(queue="dispatch"), "queue 'dispatch'"),
        ("editor", amqp.Basic.Get(queue="dispatch"), "queue 'dispatch'"),
        ("editor", amqp.Queue.Purge(queue="dispatch"), "queue 'dispatch'"),
        ("editor", amqp.Queue.Delete(queue="editor.message"), "queue 'editor.message'"),
        ("editor", amqp.Exchange.Declare(exchange="mine"), "exchange 'mine'"),
        ("reader", amqp.Exchange.Delete(exchange="hubsante"), "exchange 'hubsante'"),
        ("reader", amqp.Queue.Bind(queue="dead", exchange="hubsante", routing_key="k"), "queue 'dead'"),
        ("editor", amqp.Queue.Unbind(queue="dead", exchange="hubsante", routing_key="k"), "queue 'dead'"),
    ],
)
async def test_no_right(engine: Peer, user: str, method: Frame, place: str) -> None:
    code, text = await refused(engine, method, user=user)
    assert (code, text) == (
        403, f"ACCESS_REFUSED - access to {place} in vhost '{engine.vhost}' refused for user '{user}'",
    )  # fmt: skip


async def test_passive_declaration_needs_no_right(engine: Peer) -> None:
    client = await AmqpClient.open(engine, "editor")
    for queue in ("editor.message", "dispatch"):
        answer = await client.call(1, Declare(queue=queue, passive=True), amqp.Queue.DeclareOk)
        assert answer.queue == queue
    await client.call(1, amqp.Exchange.Declare(exchange="hubsante", passive=True), amqp.Exchange.DeclareOk)
    await client.close()


@pytest.mark.parametrize(
    ("exchange", "key", "place"),
    [
        ("hubsante", "other", "topic 'other' in exchange 'hubsante'"),
        ("hubsante", "editor.more", "topic 'editor.more' in exchange 'hubsante'"),
        ("dlx", "editor", "exchange 'dlx'"),
        ("", "dispatch", "exchange 'amq.default'"),
    ],
)
async def test_no_right_to_publish(engine: Peer, exchange: str, key: str, place: str) -> None:
    client = await AmqpClient.open(engine, "editor")
    await client.call(1, amqp.Confirm.Select(), amqp.Confirm.SelectOk)
    client.publish("hubsante", "editor", b"fine")
    assert (await client.expect(1, amqp.Basic.Ack)).delivery_tag == 1
    client.publish(exchange, key, b"refused")
    code, text = await client.refusal()
    await client.close()
    assert (code, text) == (
        403, f"ACCESS_REFUSED - access to {place} in vhost '{engine.vhost}' refused for user 'editor'",
    )  # fmt: skip


async def test_dead_letters_need_rights_on_both_sides(engine: Peer) -> None:
    declare = Declare(queue="new", arguments={"x-dead-letter-exchange": "dlx"})
    code, text = await refused(engine, declare, user="reader")
    assert (code, text[:47]) == (403, "ACCESS_REFUSED - access to queue 'new' in vhost")


async def test_a_closed_channel_leaves_the_others(client: AmqpClient) -> None:
    await client.open_channel(2)
    client.send(1, Declare(queue="no", passive=True))
    client.send(1, Declare(queue="unheard"))  # between the error and the client's close-ok: ignored
    received = await client.next(1)
    assert (received.method.class_id, received.method.method_id) == (50, 10)
    client.send(1, amqp.Channel.CloseOk())
    await client.call(2, Declare(queue="dead", passive=True), amqp.Queue.DeclareOk)
    await client.open_channel(1)
    client.send(1, Declare(queue="unheard", passive=True))
    assert (await client.refusal())[0] == 404


async def test_exclusive_queue(client: AmqpClient, engine: Peer) -> None:
    await client.call(1, Declare(queue="own", exclusive=True), amqp.Queue.DeclareOk)
    for method in (
        Declare(queue="own", passive=True), Declare(queue="own", exclusive=True), amqp.Basic.Get(queue="own"),
        amqp.Basic.Consume(queue="own"), amqp.Queue.Purge(queue="own"), amqp.Queue.Delete(queue="own"),
        amqp.Queue.Bind(queue="own", exchange="hubsante", routing_key="k"),
    ):  # fmt: skip
        code, text = await refused(engine, method)
        assert code == 405
        assert text.startswith(
            f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'own' in vhost '{engine.vhost}'"
        )
    code, _ = await refused(engine, Declare(queue="dead", durable=True, exclusive=True))
    assert code == 405


async def test_exclusive_queue_goes_with_its_connection(client: AmqpClient, engine: Peer) -> None:
    other = await AmqpClient.open(engine)
    await other.call(1, Declare(queue="own", exclusive=True), amqp.Queue.DeclareOk)
    await other.call(0, amqp.Connection.Close(200, "bye", 0, 0), amqp.Connection.CloseOk)
    await other.close()
    client.send(1, Declare(queue="own", passive=True))
    assert (await client.refusal())[0] == 404


@pytest.mark.parametrize(
    ("user", "password"), [("owner", "wrong"), ("nobody", "secret"), ("", ""), ("owner", "")]
)
async def test_login_refused(engine: Peer, user: str, password: str) -> None:
    client = await AmqpClient.connected(engine)
    await client.start(user, password)
    code, text = await client.refusal(0)
    assert code == 403
    assert text.startswith("ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.")
    await client.close()


@pytest.mark.parametrize(
    ("user", "vhost", "text"),
    [
        ("owner", "nowhere", "NOT_ALLOWED - vhost nowhere not found"),
        ("stranger", None, "NOT_ALLOWED - access to vhost '{vhost}' refused for user 'stranger'"),
    ],
)
async def test_vhost_refused(engine: Peer, user: str, vhost: str | None, text: str) -> None:
    client = await AmqpClient.connected(engine)
    await client.start(user, "secret")
    await client.expect(0, amqp.Connection.Tune)
    client.send(0, amqp.Connection.TuneOk(2047, 131_072, 0))
    client.send(0, amqp.Connection.Open(vhost or engine.vhost))
    assert await client.refusal(0) == (530, text.format(vhost=engine.vhost))
    await client.close()


async def test_method_on_a_channel_that_is_not_open(engine: Peer) -> None:
    client = await AmqpClient.open(engine, channel=False)
    client.send(3, Declare(queue="dead", passive=True))
    assert (await client.refusal(0))[0] == 504
    await client.close()


async def test_content_where_a_method_is_due(client: AmqpClient) -> None:
    client.send(1, amqp.Basic.Publish(0, "", "dead"))
    client.send(1, Declare(queue="dead", passive=True))
    assert (await client.refusal(0))[0] == 505


async def test_wrong_protocol_is_answered_with_the_right_one(engine: Peer) -> None:
    client = await AmqpClient.connected(engine)
    client.writer.write(b"GET / HT")
    assert await client.reader.read(100) == b"AMQP\x00\x00\x09\x01"
    assert await client.closed()
    await client.close()
