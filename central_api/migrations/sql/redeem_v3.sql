-- Redeems a batch of commands in one call and one commit (A12): what central_api/rewards/body_sqlite.py does for SQLite.
-- tests/central_api/rewards/conformance holds the two together. A change is a new file (redeem_v4.sql) and a new revision.
--
-- What redeem_v2.sql did, but that limit and daily cap are those of a card's whole line (cards/lines.py): what was spent with the
-- cards it took the place of counts, and a merge of members changes nothing. The versions before stay, for a way
-- back; no process that calls them may run beside this one, for what it books names no line (docs/operator.md).
--
-- Locks are taken in one order over the whole batch, so that no two batches wait for each other in a ring: the keys by
-- name, the members by name, then each command's rows, the commands by their reward (its stock is taken last of all).

CREATE TYPE club_redeem_command_v3 AS (
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
    redemption text,       -- ids and voucher codes are given in, a code a piece or more
    entry text,
    voucher_ids text[],
    codes text[]
);

CREATE FUNCTION club_refuse_v3(code text, said text, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'CL001', MESSAGE = said, DETAIL = facts::text, HINT = code;
END $$;

-- One command: the answer's JSON, or a refusal raised as CL001.
CREATE FUNCTION club_redeem_one_v3(cmd club_redeem_command_v3, batch jsonb, rules jsonb, instant timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    slug CONSTANT text := cmd.reward;
    price bigint := cmd.quantity * cmd.unit_points;
    seen record;
    offer record;
    days jsonb;
    today date;
    open_to text[];
    figure bigint;
    total bigint;
    tier_points bigint;
    lot_ids text[];
    lot_lefts bigint[];
    parts bigint[] := '{}';
    part bigint;
    rest bigint;
    good_in json;
    code_at integer := 0;
    shown json[] := '{}';
BEGIN
    IF rules IS NULL THEN
        PERFORM club_refuse_v3('unavailable', 'expected a programme in force, found none; load one (central-api load-demo)', '{}');
    END IF;
    SELECT s.store, s.card, s.member, s.assurance, s.used_at, s.ended_at, k.state, k.blocked_since, k.member AS holder,
           k.limit_points, k.limit_per, k.line, coalesce(k.line, k.id) AS of_line, m.tier, t.time_zone,
           g.id AS grant_id, g.session AS grant_session, g.body_sha256 AS grant_digest, g.made_at
      INTO seen
      FROM card_sessions s
      JOIN cards k ON k.id = s.card
      JOIN members m ON m.id = s.member
      JOIN stores t ON t.slug = s.store
      LEFT JOIN grants g ON g.command = cmd.key
     WHERE s.id = cmd.session AND s.device = cmd.device;
    IF NOT FOUND THEN
        PERFORM club_refuse_v3('session_ended', 'this device never opened a session of this id; tap again', '{}');
    END IF;
    IF seen.holder IS DISTINCT FROM seen.member THEN
        PERFORM club_refuse_v3('session_ended', 'this card was taken back, or is somebody else''s now; tap again', '{}');
    END IF;
    IF seen.state IN ('blocked', 'replaced') THEN
        PERFORM club_refuse_v3(
            'card_blocked',
            format('card %s is %s since %s', seen.card, seen.state, coalesce(seen.blocked_since::text, 'long ago')),
            jsonb_build_object(
                'since', coalesce(seen.blocked_since::text, ''),
                'reason', CASE seen.state WHEN 'replaced' THEN 'replaced' ELSE 'lost' END));
    END IF;

    -- The card is enough, or a PIN was given for exactly this command (N4).
    IF cmd.grant_id IS NOT NULL OR NOT (
        seen.assurance = 'cryptogram'
        AND (rules -> 'redeem' ->> 'pin' = 'never'
             OR (rules -> 'redeem' ->> 'pin' = 'by-value'
                 AND price < coalesce((rules -> 'redeem' ->> 'pin_from_points')::bigint, 0)))
    ) THEN
        IF cmd.grant_id IS NULL THEN
            PERFORM club_refuse_v3('step_up_required', 'this needs the PIN first: ask for a step-up for this command', '{}');
        END IF;
        IF seen.grant_id IS DISTINCT FROM cmd.grant_id OR seen.grant_session IS DISTINCT FROM cmd.session
           OR seen.grant_digest IS DISTINCT FROM cmd.digest
           OR instant - seen.made_at > make_interval(hours => coalesce((rules -> 'pin' ->> 'grant_hours')::integer, 72))
        THEN
            PERFORM club_refuse_v3('grant_wrong', 'the grant belongs to another command or another body', '{}');
        END IF;
    ELSIF cmd.signed_at > coalesce(seen.ended_at, seen.used_at + make_interval(mins => (batch ->> 'session_minutes')::integer))
                          + make_interval(secs => (batch ->> 'fresh_s')::integer)
    THEN
        PERFORM club_refuse_v3('session_ended', 'the command was confirmed after its session had ended; tap again', '{}');
    END IF;

    SELECT r.*, r.content -> 'stores' AS in_stores, r.content -> 'tiers' AS for_tiers, r.content -> 'opens' AS opens
      INTO offer FROM rewards r WHERE r.slug = cmd.reward;
    IF NOT FOUND THEN
        PERFORM club_refuse_v3('reward_not_offered', format('there is no reward %s', slug), jsonb_build_object('reward', slug));
    END IF;
    days := batch -> 'zones' -> seen.time_zone;  -- the calendar is the caller's, the same on both databases
    IF days IS NULL THEN
        PERFORM club_refuse_v3('again', format('expected the calendar of %s in the batch, found none', seen.time_zone), '{}');
    END IF;
    today := (days ->> 'today')::date;
    IF offer.starts > instant OR offer.ends <= instant THEN
        PERFORM club_refuse_v3('reward_not_offered', format('%s is not offered now', slug), jsonb_build_object('reward', slug));
    END IF;
    IF jsonb_array_length(coalesce(offer.in_stores, '[]')) > 0 AND NOT offer.in_stores ? seen.store THEN
        PERFORM club_refuse_v3(
            'reward_not_offered', format('%s is not offered in store %s', slug, seen.store), jsonb_build_object('reward', slug));
    END IF;
    IF coalesce(offer.for_tiers, '[]') <> '[]' OR coalesce(offer.opens, '{}') <> '{}' THEN
        open_to := ARRAY(
            SELECT named.tier
              FROM (SELECT value AS tier, ordinality FROM jsonb_array_elements_text(coalesce(offer.for_tiers, '[]')) WITH ORDINALITY
                    UNION ALL
                    SELECT key, ordinality FROM jsonb_object_keys(coalesce(offer.opens, '{}')) WITH ORDINALITY AS k (key, ordinality)
                     WHERE coalesce(offer.for_tiers, '[]') = '[]') AS named
             WHERE NOT coalesce((offer.opens ->> named.tier)::timestamptz > instant, false)
             ORDER BY named.ordinality);
        IF seen.tier <> ALL (open_to) THEN
            PERFORM club_refuse_v3(
                'tier_too_low', format('%s is for %s', slug, array_to_string(open_to, ', ')),
                jsonb_build_object('reward', slug, 'needs', array_to_string(open_to, ', ')));
        END IF;
    END IF;
    figure := coalesce((offer.content -> 'points_by_tier' ->> seen.tier)::bigint, offer.points);
    IF figure <> cmd.unit_points OR figure <= 0 THEN
        PERFORM club_refuse_v3(
            'reward_not_offered', format('%s costs %s points, the member saw %s', slug, figure, cmd.unit_points),
            jsonb_build_object('reward', slug));
    END IF;
    figure := CASE WHEN offer.sold_out THEN 0 ELSE offer.stock END;
    IF figure < cmd.quantity THEN
        PERFORM club_refuse_v3(
            'out_of_stock', format('%s of %s are left', figure, slug),
            jsonb_build_object('reward', slug, 'left', figure, 'wanted', cmd.quantity));
    END IF;
    IF offer.limit_per <> '' THEN
        SELECT coalesce(sum(r.quantity - r.cancelled), 0) INTO figure FROM redemptions r
         WHERE r.member = seen.member AND r.reward = slug AND r.state = 'done'
           AND r.at >= (days ->> offer.limit_per)::timestamptz;
        IF figure + cmd.quantity > offer.limit_times THEN
            PERFORM club_refuse_v3(
                'limit_reached', format('%s of %s taken this %s', figure, slug, offer.limit_per),
                jsonb_build_object('reward', slug, 'per', offer.limit_per, 'times', offer.limit_times,
                                   'left', greatest(0, offer.limit_times - figure)));
        END IF;
    END IF;
    IF seen.assurance <> 'cryptogram' THEN
        SELECT coalesce(sum(r.points - r.cancelled * r.unit_points), 0) INTO figure FROM redemptions r
         WHERE (r.card = seen.card OR r.line = seen.of_line OR r.card = seen.of_line AND r.line IS NULL)
           AND r.assurance <> 'cryptogram' AND r.state = 'done' AND r.at >= (days ->> 'day')::timestamptz;
        IF figure + price > (rules -> 'redeem' ->> 'uid_daily_cap')::bigint THEN
            PERFORM club_refuse_v3(
                'daily_cap_reached', format('this card spends at most %s points a day', rules -> 'redeem' ->> 'uid_daily_cap'),
                jsonb_build_object('cap', (rules -> 'redeem' ->> 'uid_daily_cap')::bigint, 'spent', figure));
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
           AND (h.state = 'confirmed' OR (h.state = 'open' AND h.until > instant));
        IF figure + price > seen.limit_points THEN
            PERFORM club_refuse_v3(
                'card_limit_reached', format('this card spends at most %s points a %s', seen.limit_points, seen.limit_per),
                jsonb_build_object('cap', seen.limit_points, 'spent', figure, 'per', seen.limit_per));
        END IF;
    END IF;

    -- The lots that expire first pay; what is held for somebody else's confirmation is not free (A3, A13).
    SELECT array_agg(l.id ORDER BY l.expires, l.earned_at, l.id COLLATE "C"),
           array_agg(l."left" ORDER BY l.expires, l.earned_at, l.id COLLATE "C"),
           coalesce(sum(l."left"), 0)
      INTO lot_ids, lot_lefts, total
      FROM lots l WHERE l.member = seen.member AND l."left" > 0 AND l.expires >= today;
    SELECT total - coalesce(sum(h.points), 0) INTO figure
      FROM holds h WHERE h.member = seen.member AND h.state = 'open' AND h.until > instant;
    IF figure < price THEN
        PERFORM club_refuse_v3(
            'not_enough_points', format('expected at least %s free points, found %s', price, greatest(0, figure)),
            jsonb_build_object('balance', greatest(0, figure), 'price', price));
    END IF;
    rest := price;
    FOREACH part IN ARRAY lot_lefts LOOP
        part := least(part, rest);
        parts := parts || part;
        rest := rest - part;
        EXIT WHEN rest = 0;
    END LOOP;
    lot_ids := lot_ids[1:cardinality(parts)];

    INSERT INTO ledger_entries (id, member, kind, at, store, reference, facts)
    VALUES (cmd.entry, seen.member, 'redeem', instant, seen.store, cmd.key,
            jsonb_build_object('reward', slug, 'quantity', cmd.quantity));
    INSERT INTO ledger_postings (entry, account, amount)
    VALUES (cmd.entry, 'member:' || seen.member || ':points', -price), (cmd.entry, 'club:points:redeemed', price);
    UPDATE accounts a SET balance = a.balance - price WHERE a.id = 'member:' || seen.member || ':points';
    UPDATE lots l SET "left" = l."left" - eaten.points FROM unnest(lot_ids, parts) AS eaten (lot, points) WHERE l.id = eaten.lot;
    INSERT INTO lot_uses (lot, entry, points)
    SELECT eaten.lot, cmd.entry, eaten.points FROM unnest(lot_ids, parts) WITH ORDINALITY AS eaten (lot, points, place)
     ORDER BY eaten.place;
    INSERT INTO redemptions (id, command, member, reward, quantity, unit_points, points, state, entry, device, session, card,
                             line, assurance, store, at)
    VALUES (cmd.redemption, cmd.key, seen.member, slug, cmd.quantity, cmd.unit_points, price, 'done', cmd.entry, cmd.device,
            cmd.session, seen.card, seen.line, seen.assurance, seen.store, instant);

    IF jsonb_array_length(coalesce(offer.in_stores, '[]')) = 0 AND EXISTS (SELECT FROM stores OFFSET 12) THEN
        good_in := '[]';  -- everywhere, and there are many: catalogue.LISTED
    ELSE
        SELECT coalesce(json_agg(s.name ORDER BY s.position), '[]') INTO good_in FROM stores s
         WHERE jsonb_array_length(coalesce(offer.in_stores, '[]')) = 0 OR offer.in_stores ? s.slug;
    END IF;
    FOR piece IN 1 .. cmd.quantity LOOP
        LOOP
            code_at := code_at + 1;
            IF code_at > cardinality(cmd.codes) THEN
                PERFORM club_refuse_v3('again', format('expected an unused voucher code among %s, found none', code_at - 1), '{}');
            END IF;
            INSERT INTO vouchers (id, code, member, reward, redemption, number, state, issued_at, valid_to)
            VALUES (cmd.voucher_ids[piece], cmd.codes[code_at], seen.member, slug, cmd.redemption, piece, 'issued', instant,
                    today + offer.valid_days)
            ON CONFLICT (code) DO NOTHING;
            EXIT WHEN FOUND;
        END LOOP;
        shown := shown || json_build_object(
            'voucher_id', cmd.voucher_ids[piece], 'code', cmd.codes[code_at], 'qr', (batch ->> 'qr') || cmd.codes[code_at],
            'reward', slug, 'name', offer.content -> 'name', 'line', offer.content -> 'line', 'category', offer.category,
            'picture', coalesce(offer.content ->> 'picture', ''), 'stores', good_in,
            'terms', coalesce(offer.content -> 'terms', '{"zh": "", "en": ""}'), 'state', 'issued',
            'issued_at', batch ->> 'now', 'valid_to', today + offer.valid_days, 'closed_at', NULL);
    END LOOP;
    IF cmd.grant_id IS NOT NULL THEN
        UPDATE grants g SET used_at = instant WHERE g.id = cmd.grant_id;
    END IF;
    SELECT a.balance INTO tier_points FROM accounts a WHERE a.id = 'member:' || seen.member || ':tier';
    INSERT INTO feed_due (entity, entity_id) VALUES ('member', seen.member);
    IF offer.stock IS NOT NULL THEN
        INSERT INTO feed_due (entity, entity_id) VALUES ('reward', slug);
        -- Last: many members meet at this row, so it is held for the shortest time.
        UPDATE rewards r SET stock = r.stock - cmd.quantity WHERE r.slug = cmd.reward AND r.stock >= cmd.quantity;
        IF NOT FOUND THEN
            SELECT r.stock INTO figure FROM rewards r WHERE r.slug = cmd.reward;
            PERFORM club_refuse_v3(
                'out_of_stock', format('%s of %s are left', figure, slug),
                jsonb_build_object('reward', slug, 'left', figure, 'wanted', cmd.quantity));
        END IF;
    END IF;
    RETURN json_build_object(
        'command_id', cmd.key, 'redemption_id', cmd.redemption, 'reward', slug, 'quantity', cmd.quantity,
        'points_taken', price, 'points', total - price, 'tier_points', coalesce(tier_points, 0),
        'vouchers', array_to_json(shown), 'at', batch ->> 'now');
END $$;

-- The batch: {"now", "session_minutes", "fresh_s", "qr", "zones": {zone: {"today", "day", "month", "quarter", "year"}},
-- "final": {code: {"status", "title"}}, "commands": [club_redeem_command_v3]}; no two commands of one key.
-- A row a command. Status 0: nothing was done and the key stays free; the body is {"code", "detail", "facts"}.
CREATE FUNCTION club_redeem_v3(batch jsonb) RETURNS TABLE (command_n integer, answer_status integer, answer_body text)
LANGUAGE plpgsql AS $$
DECLARE
    instant CONSTANT timestamptz := (batch ->> 'now')::timestamptz;
    commands CONSTANT club_redeem_command_v3[] := ARRAY(
        SELECT c FROM jsonb_populate_recordset(NULL::club_redeem_command_v3, batch -> 'commands') AS c);
    rules jsonb;
    fresh text[];
    one record;
    known record;
    refusal text;
    said text;
    facts text;
    final jsonb;
    keys text[] := '{}';
    statuses integer[] := '{}';
    answers text[] := '{}';
BEGIN
    WITH taken AS (
        INSERT INTO idempotency (key, device, body_sha256, at)
        SELECT c.key, c.device, c.body_sha256, instant
          FROM unnest(commands) AS c
          JOIN devices d ON d.id = c.device AND d.public_key = c.public_key AND d.kind = 'kiosk' AND d.revoked_at IS NULL
         ORDER BY c.key COLLATE "C"
        ON CONFLICT DO NOTHING RETURNING key)
    SELECT coalesce(array_agg(taken.key), '{}') INTO fresh FROM taken;
    PERFORM 1 FROM accounts a
      WHERE a.id IN (SELECT 'member:' || s.member || ':points' FROM unnest(commands) AS c
                       JOIN card_sessions s ON s.id = c.session AND s.device = c.device WHERE c.key = ANY (fresh))
      ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
    SELECT p.content INTO rules FROM programme_versions p
     WHERE p.effective_from <= instant ORDER BY p.effective_from DESC LIMIT 1;

    FOR one IN
        SELECT c AS cmd, c.n, c.key, c.device, c.body_sha256, d.id IS NOT NULL AS trusted
          FROM unnest(commands) AS c
          LEFT JOIN devices d ON d.id = c.device AND d.public_key = c.public_key AND d.kind = 'kiosk' AND d.revoked_at IS NULL
         ORDER BY c.reward COLLATE "C", c.n
    LOOP
        command_n := one.n;
        answer_status := 0;
        IF NOT one.trusted THEN  -- perhaps only since it was given its place above
            DELETE FROM idempotency i WHERE i.key = one.key AND i.key = ANY (fresh);
            answer_body := '{"code": "stale_device"}';
            RETURN NEXT;
            CONTINUE;
        END IF;
        IF one.key <> ALL (fresh) THEN
            SELECT i.status, i.answer, i.body_sha256 = one.body_sha256 AND i.device = one.device AS alike
              INTO known FROM idempotency i WHERE i.key = one.key;
            IF NOT FOUND THEN  -- it had no place above, and is trusted only since
                answer_body := '{"code": "stale_device"}';
            ELSIF known.alike THEN
                answer_status := known.status;
                answer_body := known.answer;
            ELSE
                answer_body := '{"code": "idempotency_conflict", "detail": "this idempotency key was used before with another body"}';
            END IF;
            RETURN NEXT;
            CONTINUE;
        END IF;
        BEGIN
            answer_body := club_redeem_one_v3(one.cmd, batch, rules, instant);
            answer_status := 200;
        EXCEPTION
            WHEN SQLSTATE 'CL001' THEN
                GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, facts = PG_EXCEPTION_DETAIL, refusal = PG_EXCEPTION_HINT;
                final := batch -> 'final' -> refusal;
                IF final IS NULL THEN
                    answer_body := jsonb_build_object('code', refusal, 'detail', said, 'facts', facts::jsonb);
                ELSE
                    answer_status := final ->> 'status';
                    answer_body := json_build_object(
                        'type', 'about:blank', 'title', final ->> 'title', 'status', answer_status, 'code', refusal,
                        'detail', said, 'facts', facts::json, 'reference', '');
                END IF;
            WHEN integrity_constraint_violation OR data_exception THEN
                answer_body := jsonb_build_object('code', 'fault', 'detail', SQLSTATE || ' ' || SQLERRM);
        END;
        IF answer_status = 0 THEN
            DELETE FROM idempotency i WHERE i.key = one.key;
        ELSE
            keys := keys || one.key;
            statuses := statuses || answer_status;
            answers := answers || answer_body;
        END IF;
        RETURN NEXT;
    END LOOP;
    UPDATE idempotency i SET status = done.status, answer = done.answer
      FROM unnest(keys, statuses, answers) AS done (key, status, answer) WHERE i.key = done.key;
END $$;
