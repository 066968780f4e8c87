//! What is read of the store.

use super::{Store, whole};
use emqx_rebalance_core::Result;
use emqx_rebalance_core::driver::{Driver, Record};
use emqx_rebalance_core::policy::{Decision, Engine};
use emqx_rebalance_exchange::restored;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::{Row, Sqlite, Transaction};
use std::fmt::Display;

/// A run that has no verdict yet.
#[derive(Debug)]
pub struct StoredRun {
    /// Its number.
    pub id: i64,
    /// All that was known of it.
    pub driver: Driver,
}

/// The load at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The fullest node over the mean.
    pub over: f64,
    /// Connected clients.
    pub clients: u64,
}

/// So many rows, the newest first, without the newest ones of those.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Most rows.
    pub limit: u32,
    /// How many of the newest are left out.
    pub offset: u32,
}

impl From<u32> for Rows {
    fn from(limit: u32) -> Self {
        Self { limit, offset: 0 }
    }
}

impl Sample {
    /// Adds it to its minute and its hour, too.
    pub(super) async fn add(
        &self,
        all: &mut Transaction<'_, Sqlite>,
        cluster: &str,
    ) -> sqlx::Result<()> {
        let sql = "INSERT INTO sample (cluster, span, at, polls, over_sum, over_max, clients) \
                   VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT (cluster, span, at) DO UPDATE SET \
                   polls = polls + 1, over_sum = over_sum + excluded.over_sum, \
                   over_max = max(over_max, excluded.over_max), clients = excluded.clients";
        for span_s in SPANS {
            let at = self.at_ms - if span_s == 0 { 0 } else { self.at_ms % (span_s * 1000) };
            sqlx::query(sql)
                .bind(cluster)
                .bind(whole(span_s))
                .bind(whole(at))
                .bind(self.over)
                .bind(self.over)
                .bind(whole(self.clients))
                .execute(&mut **all)
                .await?;
        }
        Ok(())
    }
}

impl Store {
    /// What the policy of a cluster remembers; nothing of one that is new.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be read, or another release wrote it.
    pub async fn engine(&self, cluster: &str) -> Result<Engine> {
        let query = sqlx::query_scalar("SELECT engine FROM cluster WHERE name = ?").bind(cluster);
        let engine = query.fetch_optional(&self.pool).await.map_err(|error| self.bad(&error))?;
        engine.map_or_else(|| Ok(Engine::default()), |text| self.read(text))
    }

    /// The run of a cluster that has no verdict yet.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be read, or another release wrote it.
    pub async fn run_on(&self, cluster: &str) -> Result<Option<StoredRun>> {
        let sql = "SELECT id, state FROM run WHERE cluster = ? AND ended_at IS NULL";
        let row = sqlx::query(sql).bind(cluster).fetch_optional(&self.pool).await;
        let Some(row) = row.map_err(|error| self.bad(&error))? else { return Ok(None) };
        let state: Value = self.read(row.get("state"))?;
        let driver = restored(state).map_err(|error| self.bad(&error))?;
        Ok(Some(StoredRun { id: row.get("id"), driver }))
    }

    /// The last runs that have ended, of one cluster or of all, the newest first.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be read.
    pub async fn history(
        &self,
        cluster: Option<&str>,
        rows: impl Into<Rows>,
    ) -> Result<Vec<(String, Record)>> {
        let sql = "SELECT cluster, record FROM run WHERE record IS NOT NULL AND (?1 IS NULL OR cluster = ?1) \
                   ORDER BY ended_at DESC, id DESC LIMIT ?2 OFFSET ?3";
        self.rows(sql, cluster, rows.into()).await
    }

    /// The last decisions, of one cluster or of all, the newest first.
    ///
    /// # Errors
    /// `config_invalid` if the file cannot be read.
    pub async fn decisions(
        &self,
        cluster: Option<&str>,
        rows: impl Into<Rows>,
    ) -> Result<Vec<(String, Decision)>> {
        let sql = "SELECT cluster, decision FROM decision WHERE ?1 IS NULL OR cluster = ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3";
        self.rows(sql, cluster, rows.into()).await
    }

    async fn rows<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        cluster: Option<&str>,
        Rows { limit, offset }: Rows,
    ) -> Result<Vec<(String, T)>> {
        let rows =
            sqlx::query(sql).bind(cluster).bind(limit).bind(offset).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.bad(&error))?;
        rows.iter().map(|row| Ok((row.get(0), self.read(row.get(1))?))).collect()
    }

    fn read<T: DeserializeOwned>(&self, text: String) -> Result<T> {
        serde_json::from_str(&text).map_err(|error| self.bad(&error as &dyn Display))
    }
}

/// Seconds that a sample is of; 0 is one poll.
pub(super) const SPANS: [u64; 3] = [0, 60, 3600];
