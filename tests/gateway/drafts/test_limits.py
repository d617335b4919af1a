from mainstay.gateway.drafts.limits import USUAL_LIMITS


def test_each_bound_has_room_for_what_it_is_made_of() -> None:
    usual = USUAL_LIMITS
    assert usual.batch_bytes < usual.memory_bytes_max < usual.exchange_bytes_max
    assert usual.exchange_bytes_max <= usual.pending_bytes_max <= usual.bytes_max
    assert usual.memory_bytes_max < usual.held_bytes_max


def test_what_lingers_is_handed_over_before_it_is_synced_and_swept() -> None:
    assert USUAL_LIMITS.linger_seconds <= USUAL_LIMITS.sync_seconds < USUAL_LIMITS.sweep_seconds
    assert USUAL_LIMITS.sweep_seconds < USUAL_LIMITS.keep_seconds == 24 * 60 * 60
