-- Redeems a batch of commands in one call and one commit (A12): what central_api/rewards/body_sqlite.py does for SQLite.
-- tests/central_api/rewards/conformance holds the two together. A change is a new file (redeem_v5.sql) and a new revision.
--
-- What redeem_v3.sql did, and books the same rows, in batches for three quarters of its cost: commands are judged one by one, and those that
-- are let through are booked together, a statement a table. A command of a member of whom something waits to be booked has
-- that booked first, and so has each that is refused: neither may be judged by less than what came before it. (A line of
-- cards has one that is used, so what waits of the line waits of its member.) Where several took the last pieces, that is
-- found when they are booked; then each is tried alone.
--
-- Locks are taken in one order over the whole batch, so that no two batches wait for each other in a ring: the members by
-- name, then the commands by their reward, whose stock is taken last of all in each booking, then the keys by name.

CREATE TYPE club_redeem_command_v4 AS (
    n integer,
    key text,              -- the command's id
    device text,
    public_key text,       -- the one its signature was proved with
    body_sha256 text,
    session text,
    reward text,
    quantity integer,
    unit_points bigint,
    grant_id text,
    digest text,           -- what a grant is bound to
    signed_at timestamptz,
    redemption text,       -- ids and voucher codes are given in, a code a piece
    entry text,
    voucher_ids text[],
    codes text[]
);

-- What all commands of a batch share. `pin` is NULL where no programme is in force.
CREATE TYPE club_redeem_terms_v4 AS (
    instant timestamptz,
    now text,              -- the same as answers show it
    session_life interval,
    fresh_for interval,
    qr text,
    zones jsonb,
    many_stores boolean,   -- too many to be listed on a voucher: catalogue.LISTED
    pin text,
    pin_from_points bigint,
    grant_life interval,
    uid_daily_cap bigint
);

-- A command that was let through, and what is to be written for it.
CREATE TYPE club_redeem_booking_v4 AS (
    cmd club_redeem_command_v4,
    member text,
    store text,
    card text,
    line text,
    assurance text,
    price bigint,
    lots text[],           -- which pay, and how much each
    parts bigint[],
    valid_to date,
    counted boolean,       -- the reward has a stock
    answer text
);

-- What came of a command. Status 0: nothing was done and the key stays free; the body is {"code", "detail", "facts"}.
CREATE TYPE club_redeem_outcome_v4 AS (n integer, key text, status integer, body text);

CREATE FUNCTION club_refuse_v4(code text, said text, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'CL001', MESSAGE = said, DETAIL = facts::text, HINT = code;
END $$;

-- Judges one command: what is to be booked, or a refusal raised as CL001. Writes nothing.
CREATE FUNCTION club_redeem_judge_v4(cmd club_redeem_command_v4, terms club_redeem_terms_v4)
RETURNS club_redeem_booking_v4 LANGUAGE plpgsql AS $$
DECLARE
    slug CONSTANT text := cmd.reward;
    price CONSTANT bigint := cmd.quantity * cmd.unit_points;
    seen record;
    offer record;
    days jsonb;
    today date;
    good_to date;
    everywhere boolean;
    open_to text[];
    figure bigint;
    total bigint;
    lot_ids text[];
    lot_lefts bigint[];
    parts bigint[] := '{}';
    part bigint;
    rest bigint;
    oldest refcursor;
    last_day date;
    good_in json;
    shown json[] := '{}';
    booking club_redeem_booking_v4;
BEGIN
    IF terms.pin IS NULL THEN
        PERFORM club_refuse_v4('unavailable', 'expected a programme in force, found none; load one (central-api load-demo)', '{}');
    END IF;
    SELECT s.store, s.card, s.member, s.assurance, s.used_at, s.ended_at, k.state, k.blocked_since, k.member AS holder,
           k.limit_points, k.limit_per, k.line, coalesce(k.line, k.id) AS of_line, m.tier, t.time_zone,
           g.id AS grant_id, g.session AS grant_session, g.body_sha256 AS grant_digest, g.made_at,
           a.balance AS tier_points, coalesce(p.balance, 0) AS points
      INTO seen
      FROM card_sessions s
      JOIN cards k ON k.id = s.card
      JOIN members m ON m.id = s.member
      JOIN stores t ON t.slug = s.store
      LEFT JOIN grants g ON g.command = cmd.key
      LEFT JOIN accounts a ON a.id = 'member:' || s.member || ':tier'
      LEFT JOIN accounts p ON p.id = 'member:' || s.member || ':points'
     WHERE s.id = cmd.session AND s.device = cmd.device;
    IF NOT FOUND THEN
        PERFORM club_refuse_v4('session_ended', 'this device never opened a session of this id; tap again', '{}');
    END IF;
    IF seen.holder IS DISTINCT FROM seen.member THEN
        PERFORM club_refuse_v4('session_ended', 'this card was taken back, or is somebody else''s now; tap again', '{}');
    END IF;
    IF seen.state IN ('blocked', 'replaced') THEN
        PERFORM club_refuse_v4(
            'card_blocked',
            format('card %s is %s since %s', seen.card, seen.state, coalesce(seen.blocked_since::text, 'long ago')),
            jsonb_build_object(
                'since', coalesce(seen.blocked_since::text, ''),
                'reason', CASE seen.state WHEN 'replaced' THEN 'replaced' ELSE 'lost' END));
    END IF;

    -- The card is enough, or a PIN was given for exactly this command (N4).
    IF cmd.grant_id IS NOT NULL OR NOT (
        seen.assurance = 'cryptogram'
        AND (terms.pin = 'never' OR (terms.pin = 'by-value' AND price < terms.pin_from_points))
    ) THEN
        IF cmd.grant_id IS NULL THEN
            PERFORM club_refuse_v4('step_up_required', 'this needs the PIN first: ask for a step-up for this command', '{}');
        END IF;
        IF seen.grant_id IS DISTINCT FROM cmd.grant_id OR seen.grant_session IS DISTINCT FROM cmd.session
           OR seen.grant_digest IS DISTINCT FROM cmd.digest OR terms.instant - seen.made_at > terms.grant_life
        THEN
            PERFORM club_refuse_v4('grant_wrong', 'the grant belongs to another command or another body', '{}');
        END IF;
    ELSIF cmd.signed_at > coalesce(seen.ended_at, seen.used_at + terms.session_life) + terms.fresh_for THEN
        PERFORM club_refuse_v4('session_ended', 'the command was confirmed after its session had ended; tap again', '{}');
    END IF;

    SELECT r.starts, r.ends, r.category, r.points, r.stock, r.sold_out, r.limit_per, r.limit_times, r.valid_days, r.content,
           r.content -> 'stores' AS in_stores, r.content -> 'tiers' AS for_tiers, r.content -> 'opens' AS opens
      INTO offer FROM rewards r WHERE r.slug = cmd.reward;
    IF NOT FOUND THEN
        PERFORM club_refuse_v4('reward_not_offered', format('there is no reward %s', slug), jsonb_build_object('reward', slug));
    END IF;
    days := terms.zones -> seen.time_zone;  -- the calendar is the caller's, the same on both databases
    IF days IS NULL THEN
        PERFORM club_refuse_v4('again', format('expected the calendar of %s in the batch, found none', seen.time_zone), '{}');
    END IF;
    today := (days ->> 'today')::date;
    IF offer.starts > terms.instant OR offer.ends <= terms.instant THEN
        PERFORM club_refuse_v4('reward_not_offered', format('%s is not offered now', slug), jsonb_build_object('reward', slug));
    END IF;
    everywhere := jsonb_array_length(coalesce(offer.in_stores, '[]')) = 0;
    IF NOT everywhere AND NOT offer.in_stores ? seen.store THEN
        PERFORM club_refuse_v4(
            'reward_not_offered', format('%s is not offered in store %s', slug, seen.store), jsonb_build_object('reward', slug));
    END IF;
    IF coalesce(offer.for_tiers, '[]') <> '[]' OR coalesce(offer.opens, '{}') <> '{}' THEN
        open_to := ARRAY(
            SELECT named.tier
              FROM (SELECT value AS tier, ordinality FROM jsonb_array_elements_text(coalesce(offer.for_tiers, '[]')) WITH ORDINALITY
                    UNION ALL
                    SELECT key, ordinality FROM jsonb_object_keys(coalesce(offer.opens, '{}')) WITH ORDINALITY AS k (key, ordinality)
                     WHERE coalesce(offer.for_tiers, '[]') = '[]') AS named
             WHERE NOT coalesce((offer.opens ->> named.tier)::timestamptz > terms.instant, false)
             ORDER BY named.ordinality);
        IF seen.tier <> ALL (open_to) THEN
            PERFORM club_refuse_v4(
                'tier_too_low', format('%s is for %s', slug, array_to_string(open_to, ', ')),
                jsonb_build_object('reward', slug, 'needs', array_to_string(open_to, ', ')));
        END IF;
    END IF;
    figure := coalesce((offer.content -> 'points_by_tier' ->> seen.tier)::bigint, offer.points);
    IF figure <> cmd.unit_points OR figure <= 0 THEN
        PERFORM club_refuse_v4(
            'reward_not_offered', format('%s costs %s points, the member saw %s', slug, figure, cmd.unit_points),
            jsonb_build_object('reward', slug));
    END IF;
    figure := CASE WHEN offer.sold_out THEN 0 ELSE offer.stock END;
    IF figure < cmd.quantity THEN
        PERFORM club_refuse_v4(
            'out_of_stock', format('%s of %s are left', figure, slug),
            jsonb_build_object('reward', slug, 'left', figure, 'wanted', cmd.quantity));
    END IF;
    IF offer.limit_per <> '' THEN
        SELECT coalesce(sum(r.quantity - r.cancelled), 0) INTO figure FROM redemptions r
         WHERE r.member = seen.member AND r.reward = slug AND r.state = 'done'
           AND r.at >= (days ->> offer.limit_per)::timestamptz;
        IF figure + cmd.quantity > offer.limit_times THEN
            PERFORM club_refuse_v4(
                'limit_reached', format('%s of %s taken this %s', figure, slug, offer.limit_per),
                jsonb_build_object('reward', slug, 'per', offer.limit_per, 'times', offer.limit_times,
                                   'left', greatest(0, offer.limit_times - figure)));
        END IF;
    END IF;
    IF seen.assurance <> 'cryptogram' THEN
        SELECT coalesce(sum(r.points - r.cancelled * r.unit_points), 0) INTO figure FROM redemptions r
         WHERE (r.card = seen.card OR r.line = seen.of_line OR r.card = seen.of_line AND r.line IS NULL)
           AND r.assurance <> 'cryptogram' AND r.state = 'done' AND r.at >= (days ->> 'day')::timestamptz;
        IF figure + price > terms.uid_daily_cap THEN
            PERFORM club_refuse_v4(
                'daily_cap_reached', format('this card spends at most %s points a day', terms.uid_daily_cap),
                jsonb_build_object('cap', terms.uid_daily_cap, 'spent', figure));
        END IF;
    END IF;
    IF seen.limit_points IS NOT NULL THEN
        -- What the cards of its line redeemed, and what they paid at tills or keep for them, less what was given back.
        SELECT coalesce(sum(r.points - r.cancelled * r.unit_points), 0) INTO figure FROM redemptions r
         WHERE (r.line = seen.of_line OR r.card = seen.of_line AND r.line IS NULL) AND r.state = 'done'
           AND r.at >= (days ->> seen.limit_per)::timestamptz;
        SELECT figure + coalesce(sum(h.points + coalesce(
                   (SELECT sum(u.points) FROM ledger_entries e JOIN lot_uses u ON u.entry = e.id
                     WHERE e.reverses = h.entry AND e.kind = 'reverse'), 0)), 0) INTO figure
          FROM holds h
         WHERE (h.line = seen.of_line OR h.card = seen.of_line AND h.line IS NULL)
           AND h.placed_at >= (days ->> seen.limit_per)::timestamptz
           AND (h.state = 'confirmed' OR (h.state = 'open' AND h.until > terms.instant));
        IF figure + price > seen.limit_points THEN
            PERFORM club_refuse_v4(
                'card_limit_reached', format('this card spends at most %s points a %s', seen.limit_points, seen.limit_per),
                jsonb_build_object('cap', seen.limit_points, 'spent', figure, 'per', seen.limit_per));
        END IF;
    END IF;

    -- What a member has is what the account says, less what is over and not booked off yet; and what is held for somebody
    -- else's confirmation is not free (A3, A13).
    SELECT seen.points - coalesce(sum(l."left"), 0) INTO total
      FROM lots l WHERE l.member = seen.member AND l."left" > 0 AND l.expires < today;
    SELECT total - coalesce(sum(h.points), 0) INTO figure
      FROM holds h WHERE h.member = seen.member AND h.state = 'open' AND h.until > terms.instant;
    IF figure < price THEN
        PERFORM club_refuse_v4(
            'not_enough_points', format('expected at least %s free points, found %s', price, greatest(0, figure)),
            jsonb_build_object('balance', greatest(0, figure), 'price', price));
    END IF;
    -- The lots that expire first pay. In a large club each lies on a page of its own: those that are not needed are not read.
    rest := price;
    OPEN oldest FOR SELECT l.expires, l."left" FROM lots l
                     WHERE l.member = seen.member AND l."left" > 0 AND l.expires >= today ORDER BY l.expires;
    WHILE rest > 0 LOOP
        FETCH oldest INTO last_day, part;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'data_exception',
                MESSAGE = format(
                    'expected the lots of %s to hold the %s points of the account, found %s too few for this',
                    seen.member, total, rest);
        END IF;
        rest := rest - part;
    END LOOP;
    CLOSE oldest;
    SELECT array_agg(l.id), array_agg(l."left") INTO lot_ids, lot_lefts
      FROM (SELECT l.id, l."left" FROM lots l
             WHERE l.member = seen.member AND l."left" > 0 AND l.expires BETWEEN today AND last_day
             ORDER BY l.expires, l.earned_at, l.id COLLATE "C") AS l;
    rest := price;
    FOREACH part IN ARRAY lot_lefts LOOP
        part := least(part, rest);
        parts := parts || part;
        rest := rest - part;
        EXIT WHEN rest = 0;
    END LOOP;

    good_to := today + offer.valid_days;
    IF everywhere AND terms.many_stores THEN
        good_in := '[]';
    ELSE
        SELECT coalesce(json_agg(s.name ORDER BY s.position), '[]') INTO good_in FROM stores s
         WHERE everywhere OR offer.in_stores ? s.slug;
    END IF;
    FOR piece IN 1 .. cmd.quantity LOOP
        shown := shown || json_build_object(
            'voucher_id', cmd.voucher_ids[piece], 'code', cmd.codes[piece], 'qr', terms.qr || cmd.codes[piece],
            'reward', slug, 'name', offer.content -> 'name', 'line', offer.content -> 'line', 'category', offer.category,
            'picture', coalesce(offer.content ->> 'picture', ''), 'stores', good_in,
            'terms', coalesce(offer.content -> 'terms', '{"zh": "", "en": ""}'), 'state', 'issued',
            'issued_at', terms.now, 'valid_to', good_to, 'closed_at', NULL);
    END LOOP;
    booking.cmd := cmd;
    booking.member := seen.member;
    booking.store := seen.store;
    booking.card := seen.card;
    booking.line := seen.line;
    booking.assurance := seen.assurance;
    booking.price := price;
    booking.lots := lot_ids[1:cardinality(parts)];
    booking.parts := parts;
    booking.valid_to := good_to;
    booking.counted := offer.stock IS NOT NULL;
    booking.answer := json_build_object(
        'command_id', cmd.key, 'redemption_id', cmd.redemption, 'reward', slug, 'quantity', cmd.quantity,
        'points_taken', price, 'points', total - price, 'tier_points', coalesce(seen.tier_points, 0),
        'vouchers', array_to_json(shown), 'at', terms.now);
    RETURN booking;
END $$;

-- Writes what was let through: all of it, or nothing, with the refusal or the fault raised.
CREATE FUNCTION club_redeem_book_v4(bookings club_redeem_booking_v4[], instant timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    short record;
BEGIN
    INSERT INTO ledger_entries (id, member, kind, at, store, reference, facts)
    SELECT (b.cmd).entry, b.member, 'redeem', instant, b.store, (b.cmd).key,
           jsonb_build_object('reward', (b.cmd).reward, 'quantity', (b.cmd).quantity)
      FROM unnest(bookings) AS b;
    INSERT INTO ledger_postings (entry, account, amount)
    SELECT (b.cmd).entry, side.account, side.amount
      FROM unnest(bookings) AS b,
           LATERAL (VALUES ('member:' || b.member || ':points', -b.price), ('club:points:redeemed', b.price)) AS side (account, amount);
    UPDATE accounts a SET balance = a.balance - b.price FROM unnest(bookings) AS b WHERE a.id = 'member:' || b.member || ':points';
    UPDATE lots l SET "left" = l."left" - eaten.points
      FROM unnest(bookings) AS b, LATERAL unnest(b.lots, b.parts) AS eaten (lot, points) WHERE l.id = eaten.lot;
    INSERT INTO lot_uses (lot, entry, points)
    SELECT eaten.lot, (b.cmd).entry, eaten.points
      FROM unnest(bookings) AS b, LATERAL unnest(b.lots, b.parts) AS eaten (lot, points);
    INSERT INTO redemptions (id, command, member, reward, quantity, unit_points, points, state, entry, device, session, card,
                             line, assurance, store, at)
    SELECT (b.cmd).redemption, (b.cmd).key, b.member, (b.cmd).reward, (b.cmd).quantity, (b.cmd).unit_points, b.price, 'done',
           (b.cmd).entry, (b.cmd).device, (b.cmd).session, b.card, b.line, b.assurance, b.store, instant
      FROM unnest(bookings) AS b;
    INSERT INTO vouchers (id, code, member, reward, redemption, number, state, issued_at, valid_to)
    SELECT piece.id, piece.code, b.member, (b.cmd).reward, (b.cmd).redemption, piece.number, 'issued', instant, b.valid_to
      FROM unnest(bookings) AS b,
           LATERAL unnest((b.cmd).voucher_ids, (b.cmd).codes) WITH ORDINALITY AS piece (id, code, number);
    UPDATE grants g SET used_at = instant FROM unnest(bookings) AS b WHERE g.id = (b.cmd).grant_id;
    INSERT INTO feed_due (entity, entity_id)
    SELECT 'member', b.member FROM unnest(bookings) AS b
    UNION ALL
    SELECT DISTINCT 'reward', (b.cmd).reward FROM unnest(bookings) AS b WHERE b.counted;
    -- Last: many members meet at these rows, so they are held for the shortest time.
    FOR short IN
        SELECT (b.cmd).reward, sum((b.cmd).quantity) AS wanted FROM unnest(bookings) AS b
         WHERE b.counted GROUP BY (b.cmd).reward ORDER BY (b.cmd).reward COLLATE "C"
    LOOP
        UPDATE rewards r SET stock = r.stock - short.wanted WHERE r.slug = short.reward AND r.stock >= short.wanted;
        IF NOT FOUND THEN
            PERFORM club_refuse_v4(
                'out_of_stock', format('%s of %s are left', r.stock, r.slug),
                jsonb_build_object('reward', r.slug, 'left', r.stock, 'wanted', short.wanted))
               FROM rewards r WHERE r.slug = short.reward;
        END IF;
    END LOOP;
END $$;

-- What an error says, as the caller is told it.
CREATE FUNCTION club_redeem_refused_v4(
    cmd club_redeem_command_v4, finals jsonb, state text, said text, facts text, refusal text, violated text)
RETURNS club_redeem_outcome_v4 LANGUAGE plpgsql AS $$
DECLARE
    final CONSTANT jsonb := finals -> refusal;
BEGIN
    IF violated = 'uq_vouchers_code' THEN
        RETURN (cmd.n, cmd.key, 0,
                jsonb_build_object('code', 'again', 'detail', 'expected unused voucher codes, found one that is taken')::text);
    ELSIF state <> 'CL001' THEN
        RETURN (cmd.n, cmd.key, 0, jsonb_build_object('code', 'fault', 'detail', state || ' ' || said)::text);
    ELSIF final IS NULL THEN
        RETURN (cmd.n, cmd.key, 0, jsonb_build_object('code', refusal, 'detail', said, 'facts', facts::jsonb)::text);
    END IF;
    RETURN (cmd.n, cmd.key, (final ->> 'status')::integer, json_build_object(
        'type', 'about:blank', 'title', final ->> 'title', 'status', (final ->> 'status')::integer, 'code', refusal,
        'detail', said, 'facts', facts::json, 'reference', '')::text);
END $$;

-- Of two members' commands with one key at once, the later has waited for the earlier to be committed.
CREATE FUNCTION club_redeem_again_v4() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure',  -- the caller begins anew, and finds the key's answer
        MESSAGE = 'one of the keys was taken meanwhile by a command of another member';
END $$;

-- Books what waits, and says what came of each. When all together cannot be booked, each is tried alone: one that cannot
-- does not touch its neighbours.
CREATE FUNCTION club_redeem_settle_v4(bookings club_redeem_booking_v4[], instant timestamptz, finals jsonb)
RETURNS club_redeem_outcome_v4[] LANGUAGE plpgsql AS $$
DECLARE
    outcomes club_redeem_outcome_v4[] := '{}';
    b club_redeem_booking_v4;
    said text;
    facts text;
    refusal text;
    violated text;
BEGIN
    IF cardinality(bookings) = 0 THEN
        RETURN outcomes;
    END IF;
    BEGIN
        PERFORM club_redeem_book_v4(bookings, instant);
        FOREACH b IN ARRAY bookings LOOP
            outcomes := outcomes || ((b.cmd).n, (b.cmd).key, 200, b.answer)::club_redeem_outcome_v4;
        END LOOP;
        RETURN outcomes;
    EXCEPTION
        WHEN SQLSTATE 'CL001' OR integrity_constraint_violation OR data_exception THEN
            IF cardinality(bookings) = 1 THEN
                GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, facts = PG_EXCEPTION_DETAIL, refusal = PG_EXCEPTION_HINT,
                                        violated = CONSTRAINT_NAME;
                IF EXISTS (SELECT FROM idempotency i WHERE i.key = (bookings[1]).cmd.key) THEN
                    PERFORM club_redeem_again_v4();
                END IF;
                RETURN ARRAY[club_redeem_refused_v4((bookings[1]).cmd, finals, SQLSTATE, said, facts, refusal, violated)];
            END IF;
    END;
    FOREACH b IN ARRAY bookings LOOP
        outcomes := outcomes || club_redeem_settle_v4(ARRAY[b], instant, finals);
    END LOOP;
    RETURN outcomes;
END $$;

-- The batch: {"now", "session_minutes", "fresh_s", "qr", "zones": {zone: {"today", "day", "month", "quarter", "year"}},
-- "final": {code: {"status", "title"}}, "commands": [club_redeem_command_v4]}; no two commands of one key.
-- A row a command, as club_redeem_outcome_v4 says.
CREATE FUNCTION club_redeem_v4(batch jsonb) RETURNS TABLE (command_n integer, answer_status integer, answer_body text)
LANGUAGE plpgsql AS $$
DECLARE
    instant CONSTANT timestamptz := (batch ->> 'now')::timestamptz;
    finals CONSTANT jsonb := batch -> 'final';
    commands CONSTANT club_redeem_command_v4[] := ARRAY(
        SELECT c FROM jsonb_populate_recordset(NULL::club_redeem_command_v4, batch -> 'commands') AS c
         ORDER BY c.reward COLLATE "C", c.n);
    terms club_redeem_terms_v4;
    old text[];                                 -- keys that were answered before, or whose device is trusted no longer
    cmd club_redeem_command_v4;
    booking club_redeem_booking_v4;
    bookings club_redeem_booking_v4[] := '{}';  -- let through, and not written yet
    members text[] := '{}';                     -- whose they are
    outcomes club_redeem_outcome_v4[] := '{}';
    kept bigint;
    said text;
    facts text;
    refusal text;
    violated text;
BEGIN
    PERFORM 1 FROM accounts a
      WHERE a.id IN (SELECT 'member:' || s.member || ':points' FROM unnest(commands) AS c
                       JOIN card_sessions s ON s.id = c.session AND s.device = c.device)
      ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
    -- Whoever sends a key twice has waited at its member's account until now, and finds the answer.
    old := ARRAY(
        SELECT i.key FROM idempotency i WHERE i.key = ANY (ARRAY(SELECT c.key FROM unnest(commands) AS c))
        UNION ALL
        SELECT c.key FROM unnest(commands) AS c
         WHERE NOT EXISTS (SELECT FROM devices d
                            WHERE d.id = c.device AND d.public_key = c.public_key AND d.kind = 'kiosk' AND d.revoked_at IS NULL));
    SELECT instant, batch ->> 'now', make_interval(mins => (batch ->> 'session_minutes')::integer),
           make_interval(secs => (batch ->> 'fresh_s')::integer), batch ->> 'qr', batch -> 'zones',
           EXISTS (SELECT FROM stores OFFSET 12), p.content -> 'redeem' ->> 'pin',
           coalesce((p.content -> 'redeem' ->> 'pin_from_points')::bigint, 0),
           make_interval(hours => coalesce((p.content -> 'pin' ->> 'grant_hours')::integer, 72)),
           (p.content -> 'redeem' ->> 'uid_daily_cap')::bigint
      INTO terms FROM programme_versions p
     WHERE p.effective_from <= instant ORDER BY p.effective_from DESC LIMIT 1;

    FOREACH cmd IN ARRAY commands LOOP
        CONTINUE WHEN cmd.key = ANY (old);
        LOOP
            refusal := NULL;
            BEGIN
                booking := club_redeem_judge_v4(cmd, terms);
            EXCEPTION
                WHEN SQLSTATE 'CL001' OR integrity_constraint_violation OR data_exception THEN
                    GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, facts = PG_EXCEPTION_DETAIL, refusal = PG_EXCEPTION_HINT,
                                            violated = CONSTRAINT_NAME;
                    IF cardinality(bookings) = 0 THEN
                        outcomes := outcomes || club_redeem_refused_v4(cmd, finals, SQLSTATE, said, facts, refusal, violated);
                        EXIT;
                    END IF;
            END;
            IF refusal IS NULL AND booking.member <> ALL (members) THEN
                bookings := bookings || booking;
                members := members || booking.member;
                EXIT;
            END IF;
            -- What waits may change what is found, so it is booked, and then this one is judged once more.
            outcomes := outcomes || club_redeem_settle_v4(bookings, instant, finals);
            bookings := '{}';
            members := '{}';
        END LOOP;
    END LOOP;
    outcomes := outcomes || club_redeem_settle_v4(bookings, instant, finals);

    INSERT INTO idempotency (key, device, body_sha256, at, status, answer)
    SELECT c.key, c.device, c.body_sha256, instant, o.status, o.body
      FROM unnest(outcomes) AS o JOIN unnest(commands) AS c ON c.n = o.n
     WHERE o.status <> 0 ORDER BY o.key COLLATE "C"
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS kept = ROW_COUNT;
    IF kept < (SELECT count(*) FROM unnest(outcomes) AS o WHERE o.status <> 0) THEN
        PERFORM club_redeem_again_v4();
    END IF;
    RETURN QUERY SELECT o.n, o.status, o.body FROM unnest(outcomes) AS o;
    IF cardinality(old) > 0 THEN
        RETURN QUERY
        SELECT c.n, CASE WHEN d.id IS NOT NULL AND i.body_sha256 = c.body_sha256 AND i.device = c.device THEN i.status ELSE 0 END,
               CASE WHEN d.id IS NULL OR i.key IS NULL THEN '{"code": "stale_device"}'
                    WHEN i.body_sha256 = c.body_sha256 AND i.device = c.device THEN i.answer
                    ELSE '{"code": "idempotency_conflict", "detail": "this idempotency key was used before with another body"}'
               END
          FROM unnest(commands) AS c
          LEFT JOIN devices d ON d.id = c.device AND d.public_key = c.public_key AND d.kind = 'kiosk' AND d.revoked_at IS NULL
          LEFT JOIN idempotency i ON i.key = c.key
         WHERE c.key = ANY (old);
    END IF;
END $$;
