"""`rootseal serve`: what keeps it from listening is said before anything is served."""

import socket


def test_a_busy_port_is_named_with_the_option_that_changes_it(desk):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        error = desk.run("serve", "--port", port).expect(64).err
    assert f"127.0.0.1:{port} cannot be listened on (Address already in use)" in error
    assert "another --port" in error
