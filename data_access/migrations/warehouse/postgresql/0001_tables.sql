-- The tables of data_access/schema.

CREATE TABLE events (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    seq BIGINT,
    received_at TIMESTAMP WITHOUT TIME ZONE,
    name TEXT,
    category TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    page TEXT,
    action TEXT,
    label TEXT,
    title TEXT,
    path TEXT,
    search TEXT,
    referrer TEXT,
    source TEXT,
    medium TEXT,
    campaign TEXT,
    term TEXT,
    content TEXT,
    region TEXT,
    city TEXT,
    device TEXT,
    os TEXT,
    os_version TEXT,
    browser TEXT,
    browser_version TEXT,
    language TEXT,
    screen TEXT,
    is_new_user BOOLEAN,
    is_new_session BOOLEAN,
    role TEXT,
    duration_ms DOUBLE PRECISION,
    value_minor BIGINT,
    currency TEXT,
    value_base_minor BIGINT,
    properties JSONB
);

CREATE TABLE sessions (
    tenant INTEGER NOT NULL,
    session_key BIGINT NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    ended_at TIMESTAMP WITHOUT TIME ZONE,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    device TEXT,
    os TEXT,
    browser TEXT,
    campaign TEXT,
    entry_page TEXT,
    exit_page TEXT,
    events BIGINT,
    page_views BIGINT,
    duration_s DOUBLE PRECISION,
    is_new_user BOOLEAN
);

CREATE TABLE conversions (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    type TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    campaign TEXT,
    click_id TEXT,
    hashed_contact BOOLEAN,
    ad_platform TEXT,
    value_minor BIGINT,
    currency TEXT,
    value_base_minor BIGINT,
    touchpoints JSONB
);

CREATE TABLE form_errors (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    form TEXT,
    field TEXT,
    message TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    device TEXT,
    os TEXT,
    browser TEXT
);

CREATE TABLE error_logs (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    service TEXT,
    severity TEXT,
    message TEXT,
    fingerprint TEXT,
    trace_id TEXT,
    request_id TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    attributes JSONB
);

CREATE TABLE samples (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    source TEXT,
    metric TEXT,
    unit TEXT,
    value DOUBLE PRECISION,
    labels JSONB
);

CREATE TABLE checks (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    target TEXT,
    type TEXT,
    state TEXT,
    latency_ms DOUBLE PRECISION,
    detail TEXT,
    certificate_expires_at TIMESTAMP WITHOUT TIME ZONE
);

CREATE TABLE bookings (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    booking_id TEXT,
    type TEXT,
    provider_id TEXT,
    reason TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    amount_minor BIGINT,
    currency TEXT,
    amount_base_minor BIGINT,
    scheduled_at TIMESTAMP WITHOUT TIME ZONE
);

CREATE TABLE calls (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    call_id TEXT,
    booking_id TEXT,
    provider_id TEXT,
    status TEXT,
    duration_s DOUBLE PRECISION,
    error_code TEXT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT
);

CREATE TABLE providers (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    provider_id TEXT,
    name TEXT,
    country TEXT,
    category TEXT,
    available BOOLEAN,
    top BOOLEAN,
    rating DOUBLE PRECISION
);

CREATE TABLE payouts (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    payout_id TEXT,
    provider_id TEXT,
    provider TEXT,
    status TEXT,
    reason TEXT,
    amount_minor BIGINT,
    currency TEXT,
    amount_base_minor BIGINT,
    country TEXT
);

CREATE TABLE commissions (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    commission_id TEXT,
    booking_id TEXT,
    provider_id TEXT,
    status TEXT,
    amount_minor BIGINT,
    currency TEXT,
    amount_base_minor BIGINT
);

CREATE TABLE balances (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    service TEXT,
    balance_minor BIGINT,
    currency TEXT,
    balance_base_minor BIGINT,
    threshold DOUBLE PRECISION
);

CREATE TABLE subscriptions (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    subscription_id TEXT,
    customer TEXT,
    change TEXT,
    status TEXT,
    interval TEXT,
    quantity BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    amount_minor BIGINT,
    currency TEXT,
    amount_base_minor BIGINT,
    mrr_minor BIGINT,
    ends_at TIMESTAMP WITHOUT TIME ZONE
);

CREATE TABLE payments (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    payment_id TEXT,
    type TEXT,
    provider TEXT,
    method TEXT,
    decline_code TEXT,
    subscription_id TEXT,
    booking_id TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT,
    amount_minor BIGINT,
    currency TEXT,
    amount_base_minor BIGINT,
    fee_minor BIGINT
);

CREATE TABLE mrr_movements (
    tenant INTEGER NOT NULL,
    customer TEXT,
    subscription_id TEXT,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    movement TEXT,
    delta_minor BIGINT,
    currency TEXT,
    delta_base_minor BIGINT,
    customers_delta BIGINT,
    active_since TIMESTAMP WITHOUT TIME ZONE,
    active_since_day DATE,
    customer_since_day DATE,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT
);

CREATE TABLE channel_costs (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    channel TEXT,
    campaign TEXT,
    cost_minor BIGINT,
    currency TEXT,
    cost_base_minor BIGINT,
    clicks BIGINT,
    impressions BIGINT
);

CREATE TABLE fx_rates (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    currency TEXT,
    rate DOUBLE PRECISION
);

CREATE TABLE users (
    tenant INTEGER NOT NULL,
    user_key BIGINT NOT NULL,
    external_id TEXT,
    email TEXT,
    name TEXT,
    kind TEXT,
    account_key BIGINT,
    plan TEXT,
    country TEXT,
    channel TEXT,
    campaign TEXT,
    role TEXT,
    created_at TIMESTAMP WITHOUT TIME ZONE,
    signed_up_day DATE,
    last_seen_at TIMESTAMP WITHOUT TIME ZONE,
    properties JSONB
);

CREATE TABLE accounts (
    tenant INTEGER NOT NULL,
    account_key BIGINT NOT NULL,
    external_id TEXT,
    name TEXT,
    kind TEXT,
    plan TEXT,
    country TEXT,
    channel TEXT,
    seats BIGINT,
    created_at TIMESTAMP WITHOUT TIME ZONE,
    properties JSONB
);

CREATE TABLE aliases (
    tenant INTEGER NOT NULL,
    external_id TEXT,
    user_key BIGINT NOT NULL,
    since TIMESTAMP WITHOUT TIME ZONE
);

CREATE TABLE rollup_event_day (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    name TEXT,
    category TEXT,
    country TEXT,
    device TEXT,
    channel TEXT,
    plan TEXT,
    kind TEXT,
    events BIGINT,
    value_base_minor BIGINT,
    duration_ms DOUBLE PRECISION
);

CREATE TABLE rollup_user_day (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    user_key BIGINT NOT NULL,
    country TEXT,
    device TEXT,
    channel TEXT,
    plan TEXT,
    kind TEXT,
    events BIGINT,
    page_views BIGINT,
    first_of_day BOOLEAN,
    prev_day DATE
);

CREATE TABLE rollup_active (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    dimension TEXT,
    value TEXT,
    prev_day DATE,
    users BIGINT NOT NULL
);

CREATE TABLE rollup_activity (
    tenant INTEGER NOT NULL,
    user_key BIGINT NOT NULL,
    block BIGINT NOT NULL,
    bits BIGINT NOT NULL
);

CREATE TABLE rollup_latency (
    tenant INTEGER NOT NULL,
    day DATE NOT NULL,
    hour TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    source TEXT,
    name TEXT,
    status TEXT,
    bucket BIGINT NOT NULL,
    requests BIGINT NOT NULL
);

CREATE TABLE data_versions (
    tenant INTEGER NOT NULL,
    table_name TEXT,
    day DATE,
    version BIGINT NOT NULL,
    written_at TIMESTAMP WITHOUT TIME ZONE
);

CREATE TABLE imports (
    tenant INTEGER NOT NULL,
    file_hash TEXT,
    file_name TEXT,
    table_name TEXT,
    rows BIGINT,
    loaded BIGINT,
    duplicates BIGINT,
    rejected BIGINT,
    finished_at TIMESTAMP WITHOUT TIME ZONE
);

CREATE TABLE ai_generations (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    conversation_id TEXT,
    provider TEXT,
    model TEXT,
    prompt_template TEXT,
    prompt_version TEXT,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_minor BIGINT,
    currency TEXT,
    cost_base_minor BIGINT,
    latency_ms DOUBLE PRECISION,
    quality DOUBLE PRECISION,
    status TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT
);

CREATE TABLE conversations (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    conversation_id TEXT,
    provider TEXT,
    model TEXT,
    messages BIGINT,
    duration_s DOUBLE PRECISION,
    rating DOUBLE PRECISION,
    shared BOOLEAN,
    exported BOOLEAN,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT
);

CREATE TABLE api_requests (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    endpoint TEXT,
    method TEXT,
    status BIGINT,
    latency_ms DOUBLE PRECISION,
    error_code TEXT,
    request_id TEXT,
    service TEXT,
    region TEXT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT
);

CREATE TABLE experiments (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    experiment TEXT,
    hypothesis TEXT,
    metric TEXT,
    variants JSONB,
    ends_at TIMESTAMP WITHOUT TIME ZONE
);

CREATE TABLE exposures (
    tenant INTEGER NOT NULL,
    id UUID NOT NULL,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    day DATE NOT NULL,
    experiment TEXT,
    variant TEXT,
    session_key BIGINT,
    user_key BIGINT,
    account_key BIGINT,
    plan TEXT,
    kind TEXT,
    country TEXT,
    channel TEXT
);
