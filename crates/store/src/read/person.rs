//! Everything that is kept about one person, from one snapshot.
//!
//! A row is about a client if it names the client, or belongs to a row that does. Tables without an index
//! by what they are about (the ledger, the audit log, kept answers) are read through once: exports are rare.

use domain::{
    Id, MARKET, Ref,
    rows::{
        Alert, Application, AuditRecord, Case, Client, ClientNet, CreditNote, DayNet, Delivery,
        Entry, Expense, Firm, Invoice, Job, Member, Movement, Outcome, Payment, Proposal, Refund,
        Retainer, StatementLine, TimeEntry, Transaction,
    },
};

use super::{Db, Value, head, query::find};
use crate::{
    EXPORT_ROWS_MAX, Person, ReadError, Reader, Record, Rows,
    shape::{Read, Shape, append::Written, journal::Plain as _, told},
};

/// The ids of a client and of every document about it: firm, client.
const OBJECTS: &str = "select id from clients where firm_id = ?1 and id = ?2 \
    union all select id from cases where firm_id = ?1 and client_id = ?2 \
    union all select id from retainers where firm_id = ?1 and client_id = ?2 \
    union all select id from invoices where firm_id = ?1 and client_id = ?2 \
    union all select id from payments where firm_id = ?1 and client_id = ?2 \
    union all select id from refunds where firm_id = ?1 and client_id = ?2 \
    union all select id from credit_notes where firm_id = ?1 and client_id = ?2 \
    union all select id from transactions where firm_id = ?1 and client_id = ?2 \
    union all select id from time_entries where firm_id = ?1 and client_id = ?2 \
    union all select id from expenses where firm_id = ?1 and client_id = ?2";

impl Reader {
    /// Everything that is kept about a client: rows that name it, what belongs to those, and what its
    /// portal login did, in the market too. What was answered under keys is left out: it only repeats
    /// rows, and those of others beside them.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn person(
        &self,
        firm: Id<Firm>,
        by: &Ref<Client>,
    ) -> Result<Option<Person>, ReadError> {
        let by = by.clone();
        self.ask(move |db| {
            let client: Option<Client> = find(db, firm, &by)?;
            client.map(|client| person(db, firm, client)).transpose()
        })
        .await
    }
}

fn person(db: &Db, firm: Id<Firm>, client: Client) -> Result<Person, ReadError> {
    let seq = head(db, firm)?.map_or(0, |head| head.seq);
    let mut export = Export { db, tables: Vec::new(), left: EXPORT_ROWS_MAX };
    let tables = export.all(firm, &client)?.then_some(export.tables);
    Ok(Person { client, seq, tables })
}

/// An export in the making.
struct Export<'d> {
    db: &'d Db<'d>,
    tables: Vec<Rows>,
    /// Rows that still fit.
    left: usize,
}

impl Export<'_> {
    /// Whether everything fitted.
    fn all(&mut self, firm: Id<Firm>, client: &Client) -> Result<bool, ReadError> {
        let of: [Value; 2] = [firm.into(), client.id.into()];
        let by_client = "client_id = ?2";
        self.entities::<Client>("id = ?2", &of)?;
        self.entities::<Case>(by_client, &of)?;
        self.entities::<Retainer>(by_client, &of)?;
        let retainers = "select id from retainers where firm_id = ?1 and client_id = ?2";
        self.plain::<Movement>(&format!("retainer_id in ({retainers})"), &of)?;
        self.plain::<DayNet>(&format!("retainer_id in ({retainers})"), &of)?;
        self.entities::<Invoice>(by_client, &of)?;
        let invoices = "select id from invoices where firm_id = ?1 and client_id = ?2";
        self.plain::<Application>(&format!("invoice_id in ({invoices})"), &of)?;
        self.entities::<Payment>(by_client, &of)?;
        self.entities::<Refund>(by_client, &of)?;
        self.entities::<CreditNote>(by_client, &of)?;
        self.entities::<Transaction>(by_client, &of)?;
        self.entities::<TimeEntry>(by_client, &of)?;
        self.entities::<Expense>(by_client, &of)?;
        self.plain::<StatementLine>(by_client, &of)?;
        self.plain::<ClientNet>(by_client, &of)?;
        let is_side = format!("(debit_of in ({OBJECTS}) or credit_of in ({OBJECTS}))");
        self.plain::<Entry>(&is_side, &of)?;
        self.entities::<Alert>(&format!("about in ({OBJECTS})"), &of)?;
        let alerts = format!("select id from alerts where firm_id = ?1 and about in ({OBJECTS})");
        self.entities::<Delivery>(&format!("alert_id in ({alerts})"), &of)?;
        let is_about = format!("object in ({OBJECTS})");
        let Some(login) = client.user else {
            self.plain::<AuditRecord>(&is_about, &of)?;
            self.answers(&is_about, &of)?;
            return Ok(self.fits());
        };
        let of: [Value; 3] = [firm.into(), client.id.into(), login.into()];
        let is_about = format!("({is_about} or user_id = ?3)");
        self.plain::<AuditRecord>(&is_about, &of)?;
        self.answers(&is_about, &of)?;
        self.plain::<Member>("user_id = ?2", &[firm.into(), login.into()])?;
        let in_market: [Value; 2] = [MARKET.into(), login.into()];
        self.entities::<Job>("owner_id = ?2", &in_market)?;
        self.entities::<Proposal>("created_by = ?2", &in_market)?;
        self.plain::<AuditRecord>("user_id = ?2", &in_market)?;
        self.answers("user_id = ?2", &in_market)?;
        Ok(self.fits())
    }

    const fn fits(&self) -> bool {
        self.left > 0
    }

    fn entities<E: Shape>(&mut self, condition: &str, of: &[Value]) -> Result<(), ReadError> {
        let (columns, table, alias) = (E::TABLE.selected(), E::TABLE.name, E::TABLE.alias);
        let sql = format!(
            "select {columns} from {table} {alias} \
             where {alias}.firm_id = ?1 and {condition} order by {alias}.id"
        );
        self.rows(table, &sql, of, told::entity::<E>)
    }

    fn plain<T: Written>(&mut self, condition: &str, of: &[Value]) -> Result<(), ReadError> {
        let sql = T::select(&format!("{}.firm_id = ?1 and {condition}", T::ALIAS));
        self.rows(T::TABLE, &sql, of, told::plain::<T>)
    }

    /// That something is kept under a key, and since when; `is_about` picks the audit records.
    fn answers(&mut self, is_about: &str, of: &[Value]) -> Result<(), ReadError> {
        let sql = Outcome::select(&format!(
            "y.firm_id = ?1 and y.audit_n in (select n from audit where firm_id = ?1 and {is_about})"
        ));
        self.rows(Outcome::TABLE, &sql, of, |outcome: &Outcome| {
            let mut record = told::plain(outcome);
            record.0.retain(|(column, _)| *column != "answer");
            record
        })
    }

    fn rows<T: Read>(
        &mut self,
        table: &'static str,
        sql: &str,
        of: &[Value],
        told: impl Fn(&T) -> Record,
    ) -> Result<(), ReadError> {
        let mut rows = Vec::new();
        self.db.each(&format!("{sql} limit {}", self.left), of, |row| rows.push(told(&row)))?;
        self.left = self.left.saturating_sub(rows.len());
        match self.tables.iter_mut().find(|known| known.table == table) {
            Some(known) => known.rows.append(&mut rows),
            None => self.tables.push(Rows { table, rows }),
        }
        Ok(())
    }
}
