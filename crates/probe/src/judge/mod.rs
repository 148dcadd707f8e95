//! The judges. Each asks one question of a history and names the operations that answer it wrongly.
//! Every judge looks at every history; where a history says nothing of its question, it is silent.
//!
//! **A judge reads a history and nothing else**: no clock, no target, no scenario.

mod amounts;
mod books;
mod crash;
mod effects;
mod keys;
mod monitors;
mod numbers;
mod order;
mod states;
mod tenants;
mod truth;
mod versions;

use serde::{Deserialize, Serialize};

use crate::history::History;

pub use order::of_one_object;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Money or truth was lost.
    Violation,
    /// A request failed that had a right to an answer; nothing was lost.
    Availability,
    /// The judge could not come to an answer.
    Inconclusive,
}

/// What a judge has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which judge.
    pub judge: String,
    /// How much it weighs.
    pub weight: Weight,
    /// In words, with the money in them.
    pub text: String,
    /// The same in Arabic.
    pub arabic: String,
    /// The operations it hangs on.
    pub ops: Vec<usize>,
}

/// One question.
pub struct Judge {
    /// `J1` to `J22`.
    pub id: &'static str,
    /// What must hold.
    pub holds: &'static str,
    /// The same in Arabic.
    pub holds_ar: &'static str,
    weight: Weight,
    look: fn(&History) -> Vec<Remark>,
}

/// A finding before it is known whose it is.
struct Remark {
    text: String,
    arabic: String,
    ops: Vec<usize>,
    is_open: bool,
}

impl Remark {
    fn new(text: String, arabic: String, ops: Vec<usize>) -> Self {
        Self { text, arabic, ops, is_open: false }
    }

    /// Nobody could tell.
    fn open(text: String, arabic: String, ops: Vec<usize>) -> Self {
        Self { text, arabic, ops, is_open: true }
    }
}

impl Judge {
    /// Everything this judge finds.
    pub fn findings(&self, history: &History) -> Vec<Finding> {
        let remarks = (self.look)(history).into_iter();
        remarks
            .map(|remark| Finding {
                judge: self.id.to_owned(),
                weight: if remark.is_open { Weight::Inconclusive } else { self.weight },
                text: remark.text,
                arabic: remark.arabic,
                ops: remark.ops,
            })
            .collect()
    }
}

/// Everything that any judge finds.
pub fn judge(history: &History) -> Vec<Finding> {
    ALL.iter().flat_map(|judge| judge.findings(history)).collect()
}

/// The judge of this id.
pub fn by_id(id: &str) -> Option<&'static Judge> {
    ALL.iter().find(|judge| judge.id == id)
}

macro_rules! judges {
    ($($id:literal $weight:ident $look:path, $holds:literal, $holds_ar:literal;)*) => {
        /// All of them, in order.
        pub const ALL: &[Judge] = &[$(Judge {
            id: $id, weight: Weight::$weight, look: $look, holds: $holds, holds_ar: $holds_ar,
        }),*];
    };
}

judges! {
    "J1" Violation amounts::bound, "no more is accepted than there is",
        "لا يُقبل أكثر مما هو موجود";
    "J2" Violation amounts::conserved, "what is left is what was there, plus what came, less what went",
        "المتبقي = ما كان + ما دخل − ما خرج";
    "J3" Violation amounts::never_negative, "no amount is ever below zero",
        "لا يكون أي مبلغ سالبًا أبدًا";
    "J4" Violation amounts::sum_of_entries, "a balance is the sum of its entries",
        "الرصيد هو مجموع قيوده";
    "J5" Violation numbers::distinct, "no number is given twice",
        "لا يُعطى رقم مرتين";
    "J6" Violation numbers::gapless, "numbers have no gaps, where that is promised",
        "لا فجوات في الأرقام حيث وُعد بذلك";
    "J7" Violation keys::once, "one request, or one key, has one effect",
        "للطلب الواحد أو المفتاح الواحد أثر واحد";
    "J8" Violation keys::replayed, "a repeated key is answered alike, and never for another request",
        "يُجاب المفتاح المكرر بالجواب نفسه ولا يُجاب به طلب آخر";
    "J9" Violation versions::steps, "each change has a version of its own, one above the last",
        "لكل تغيير نسخة تخصه تلي ما قبلها";
    "J10" Violation order::explained, "some order of the requests explains every answer",
        "يوجد ترتيب للطلبات يفسّر كل جواب";
    "J11" Violation versions::real_time, "versions follow the clock: what was acknowledged is seen",
        "النسخ تتبع الزمن: ما أُقرّ به يُرى";
    "J12" Violation states::one_end, "a document comes to one end, and its money follows",
        "للمستند نهاية واحدة ويتبعها ماله";
    "J13" Violation tenants::apart, "nothing of one tenant reaches another",
        "لا يصل شيء من مستأجر إلى آخر";
    "J14" Violation states::follows, "a status says what its amounts say",
        "الحالة تقول ما تقوله المبالغ";
    "J15" Violation truth::told, "refused means no effect, accepted means its effect",
        "المرفوض بلا أثر والمقبول له أثره";
    "J16" Violation books::balanced, "debits are credits",
        "المدين يساوي الدائن";
    "J17" Violation order::serializable, "what transactions saw across accounts has no cycle",
        "لا دورة فيما رأته المعاملات عبر الحسابات";
    "J18" Violation books::audited, "each accepted request has one audit record",
        "لكل طلب مقبول سجل تدقيق واحد";
    "J19" Violation crash::survived, "what was acknowledged survives a restart",
        "ما أُقرّ به يبقى بعد إعادة التشغيل";
    "J20" Availability crash::available, "contention is no server error",
        "التزاحم ليس خطأ في الخادم";
    "J21" Violation monitors::counted, "the monitors are told what happened",
        "يُبلَّغ المراقبون بما حدث";
    "J22" Violation numbers::dated, "a number has the year in it in which it was given",
        "في الرقم السنة التي أُعطي فيها";
}
