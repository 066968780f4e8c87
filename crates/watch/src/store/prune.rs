//! What is forgotten, so that the file does not grow for ever.

use super::rows::SPANS;
use super::{Store, whole};
use crate::config::Retention;
use emqx_rebalance_core::Result;

impl Store {
    /// Forgets what is older than is to be kept.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be written.
    pub async fn prune(&self, now_ms: u64, keep: Retention) -> Result<()> {
        let before = |days: u32| whole(now_ms.saturating_sub(u64::from(days) * DAY_MS));
        let oldest = before(keep.hours_d);
        let samples = SPANS.into_iter().zip([before(keep.polls_d), before(keep.minutes_d), oldest]);
        let work = async {
            for (span_s, before) in samples {
                let query = sqlx::query("DELETE FROM sample WHERE span = ? AND at < ?");
                query.bind(whole(span_s)).bind(before).execute(&self.pool).await?;
            }
            for sql in
                ["DELETE FROM decision WHERE until < ?", "DELETE FROM run WHERE ended_at < ?"]
            {
                sqlx::query(sql).bind(oldest).execute(&self.pool).await?;
            }
            Ok(())
        };
        work.await.map_err(|error: sqlx::Error| self.bad(&error))
    }

    /// How many samples there are of each span: of polls, minutes and hours.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be read.
    pub async fn samples(&self) -> Result<[u64; 3]> {
        let mut counts = [0; 3];
        for (count, span_s) in counts.iter_mut().zip(SPANS) {
            let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sample WHERE span = ?");
            let found = query.bind(whole(span_s)).fetch_one(&self.pool).await;
            *count = found.map_err(|error| self.bad(&error))?.unsigned_abs();
        }
        Ok(counts)
    }
}

const DAY_MS: u64 = 86_400_000;
