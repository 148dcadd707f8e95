//! The bugs that the twin can have, one at a time. Each names the scenario that shows it.

use std::{fmt, str::FromStr};

macro_rules! flaws {
    ($($variant:ident $name:literal $scenario:literal $what:literal;)*) => {
        /// One bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Flaw {
            $(#[doc = $what] $variant,)*
        }

        impl Flaw {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As the command line and the kill matrix call it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The scenario that is made to show it.
            pub fn scenario(self) -> &'static str {
                match self { $(Self::$variant => $scenario),* }
            }

            /// What it does.
            pub fn what(self) -> &'static str {
                match self { $(Self::$variant => $what),* }
            }
        }
    };
}

flaws! {
    ToctouConsume "toctou_consume" "S01" "the balance is checked, and lowered later";
    LostDeposit "lost_deposit" "S02" "a deposit writes a balance that it read earlier";
    LostUpdatePay "lost_update_pay" "S03" "a payment writes an amountPaid that it read earlier";
    DoubleComplete "double_complete" "S04" "whether a payment is pending is checked, and it is applied later";
    LostUpdateRefund "lost_update_refund" "S06" "a refund writes an amountPaid that it read earlier, clamped at zero";
    RefundStaleSum "refund_stale_sum" "S07" "what is left of a payment is checked, and lowered later";
    NewestRetainerCredit "newest_retainer_credit" "S08" "a completed payment tops up the newest retainer, with a balance read earlier";
    TwoStepNoTx "two_step_no_tx" "S08" "a payment is completed in one step and credited in another, which may fail";
    CountPlusOne "count_plus_one" "S11" "a number is the count of those before plus one";
    MaxPlusOne "max_plus_one" "S10" "a number is the highest of those before plus one";
    StaleYear "stale_year" "S09" "the year of a number is looked up when the process starts";
    SeqGapOnRollback "seq_gap_on_rollback" "S09" "a refused request burns a number";
    EditErasesCount "edit_erases_count" "S12" "an edit of a job saves the whole job, as it was read earlier";
    LostProposal "lost_proposal" "S12" "a counter is written as it was read earlier, plus one";
    Random4 "random4" "S13" "a number is four random digits";
    ConflictIs500 "conflict_is_500" "S14" "two requests at once: one of them is answered 500";
    PatchWholeDoc "patch_whole_doc" "S15" "an edit of one field writes all of them, as they were read earlier";
    StaleEdit "stale_edit" "S15" "the version of an edit is checked, and the edit made later";
    VersionSkips "version_skips" "S02" "a retry counts the version up once more";
    VoidUnchecked "void_unchecked" "S16" "whether an invoice is unpaid is checked, and it is voided later";
    EditUnchecked "edit_unchecked" "S16" "whether an invoice was submitted is checked, and it is edited later";
    TwoVerdicts "two_verdicts" "S16" "whether a verdict is pending is checked, and it is given later";
    CancelUnchecked "cancel_unchecked" "S17" "whether a payment is pending is checked, and it is cancelled later";
    DeleteUnchecked "delete_unchecked" "S17" "whether a client is unused is checked, and it is deleted later";
    PhantomEntry "phantom_entry" "S02" "a failed attempt leaves an entry behind";
    StatusBehind "status_behind" "S03" "the status is computed before the amount is written";
    DipsBelow "dips_below" "S01" "the balance is lowered first, checked later and raised again";
    SpuriousRefusal "spurious_refusal" "S02" "contention is told as an insufficient balance";
    LiesOk "lies_ok" "S02" "some requests are answered OK and not carried out";
    LiesRefused "lies_refused" "S02" "some requests are answered refused and carried out";
    IdemCheckThenSet "idem_check_then_set" "S18" "a key is looked up, and kept later";
    IdemFailOpen "idem_fail_open" "S18" "when the store of the keys is away, requests go through without";
    ReplayChanges "replay_changes" "S18" "a repeated key is answered with what is there now";
    IdemBodyIgnored "idem_body_ignored" "S19" "a key is answered whatever is asked under it";
    IdemNotTenantScoped "idem_not_tenant_scoped" "S20" "all tenants share one space of keys";
    ReplayOtherTenant "replay_other_tenant" "S20" "a key belongs to a path, not to a tenant";
    RetryAfterUnknownCommit "retry_after_unknown_commit" "S21" "a commit whose answer was lost is made again";
    FilterAfterLoad "filter_after_load" "S22" "the tenant is checked when the answer has been made";
    WriteSkew "write_skew" "S23" "two accounts are checked together, and one of them lowered later";
    TornTotal "torn_total" "S24" "the accounts of one total are read at two moments";
    LongFork "long_fork" "S24" "two readers see two movements in opposite orders";
    SkippedRows "skipped_rows" "S25" "a page begins at an offset, and rows move under it";
    StaleRead "stale_read" "S26" "a read is answered from a replica that lags";
    OneLegged "one_legged" "S02" "some movements lack their credit";
    AuditMissing "audit_missing" "S02" "some requests leave no audit record";
    LostCount "lost_count" "S27" "a counter for the monitors is written as it was read earlier, plus one";
    AckBeforeCommit "ack_before_commit" "S28" "the answer is sent before the write is durable";
    MutexInProcess "mutex_in_process" "S01" "a mutex guards the money, in each process its own";
    LeaseExpires "lease_expires" "S28" "a lease guards the money, and its holder may sleep longer than it lasts";
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Flaw {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.iter().map(|flaw| flaw.name()).collect::<Vec<_>>().join(", ");
        let mut all = Self::ALL.iter().copied();
        all.find(|flaw| flaw.name() == text).ok_or_else(|| format!("{text}: known are {}", known()))
    }
}
