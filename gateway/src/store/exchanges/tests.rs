//! What an older store holds is carried over.

use super::*;
use crate::exchange::replay;
use sqlx::{Connection, SqliteConnection};

const BEFORE: [&str; 4] = [
    include_str!("../../../migrations/sqlite/0001_messages.sql"),
    include_str!("../../../migrations/sqlite/0002_workflows.sql"),
    include_str!("../../../migrations/sqlite/0003_directory.sql"),
    include_str!("../../../migrations/sqlite/0004_outbox.sql"),
];
const FORMER: &str = "INSERT INTO exchanges (correlation_id, area, state, initiator, counterparts, test, sequence,
    opened_at, changed_at, workflow, awaits) VALUES
    ('0195b7f0-0000-7000-8000-000000000001', 'imi-pq', 'ANSWERED', 'PL-A', 'UK-B', 0, 3, 1, 1300000000120,
        'information-request', 'initiator'),
    ('0195b7f0-0000-7000-8000-000000000002', 'imi-services', 'BROADCAST', 'SE-A', 'FI-B DE-C', 1, 2, 1, 1300000000000,
        'alert', 'initiator'),
    ('0195b7f0-0000-7000-8000-000000000003', 'erru', 'ANSWERED', 'HU-A', 'SK-B', 0, 2, 1, 1300000000000,
        'request-reply', NULL)";

#[tokio::test]
async fn exchanges_of_an_older_store_are_carried_over_with_a_log_that_says_the_same() {
    let mut store = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
    for migration in BEFORE {
        sqlx::raw_sql(migration).execute(&mut store).await.expect("migrated");
    }
    sqlx::raw_sql(FORMER).execute(&mut store).await.expect("filled");
    let migration = include_str!("../../../migrations/sqlite/0005_exchange_log.sql");
    sqlx::raw_sql(migration).execute(&mut store).await.expect("carried over");
    let rows: Vec<ExchangeRow> =
        sqlx::query_as("SELECT * FROM exchanges ORDER BY correlation_id").fetch_all(&mut store).await.expect("rows");
    let awaited: Vec<String> = rows.iter().map(|row| row.awaited.clone()).collect();
    assert_eq!(awaited, ["PL-A", "SE-A", ""]);
    let exchanges: Vec<Exchange> = rows.into_iter().map(|row| row.exchange().expect("an exchange")).collect();
    let members = |exchange: &Exchange| -> Vec<String> {
        exchange.members.iter().map(|member| format!("{} {}", member.authority, member.party)).collect()
    };
    assert_eq!(members(&exchanges[0]), ["PL-A requester", "UK-B responder"]);
    assert_eq!(members(&exchanges[1]), ["SE-A alert-authority", "FI-B recipient", "DE-C recipient"]);
    assert!(exchanges[1].test && !exchanges[0].test && exchanges[2].has_ended());
    for exchange in exchanges {
        let id = exchange.correlation_id.to_string();
        let log: Vec<LogRow> = sqlx::query_as(LOG).bind(&id).fetch_all(&mut store).await.expect("a log");
        let log: Vec<Entry> = log.into_iter().map(|row| row.entry().expect("an entry")).collect();
        assert_eq!(replay(&log).expect("whole"), Some(exchange));
    }
}
