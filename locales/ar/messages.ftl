### Every sentence a person reads, in Arabic. The id is the code on the wire.

## What the business refuses
forbidden = ليست لديك صلاحية لهذا الإجراء
member_left = لم تعد عضواً في هذا المكتب
client_not_found = العميل غير موجود
retainer_not_found = العربون غير موجود
payment_not_found = الدفعة غير موجودة
invoice_not_found = الفاتورة غير موجودة
case_not_found = القضية غير موجودة
version_conflict = تغيّر السجل منذ قراءته، أعد القراءة ثم حاول مجدداً
amount_malformed = المبلغ ليس رقماً صحيح الصيغة
amount_required = المبلغ مطلوب ويجب أن يكون أكبر من صفر
amount_too_precise = خانات المبلغ العشرية أكثر مما تسمح به العملة
amount_too_large = المبلغ أكبر من الحد المسموح
currency_mismatch = لا يمكن الجمع بين عملتين مختلفتين
name_required = اسم العميل مطلوب
auto_replenish_incomplete = التجديد التلقائي يتطلب حد التجديد ومبلغ التجديد
end_before_start = تاريخ الانتهاء قبل تاريخ البداية
date_in_future = لا يمكن أن يكون التاريخ في المستقبل
date_too_early = التاريخ أقدم مما يسمح به العربون أو الدفعة
retainer_not_active = العربون غير نشط
insufficient_balance = مبلغ العربون غير كافٍ
insufficient_balance_on_date = مبلغ العربون غير كافٍ في ذلك التاريخ
already_refunded = تم استرداد العربون بالفعل
nothing_to_refund = لا يوجد مبلغ لاسترداده
payment_client_mismatch = الدفعة تخص عميلاً آخر
payment_not_completed = يجب أن تكون الدفعة مكتملة
payment_insufficient = المتبقي من الدفعة غير كافٍ
already_completed = الدفعة مكتملة بالفعل
retainer_required = العربون مطلوب لهذا النوع من الدفعات
retainer_client_mismatch = العربون يخص عميلاً آخر
own_membership = لا يمكنك تغيير عضويتك بنفسك
atomic_refused = رُفض أمر آخر من المجموعة نفسها، لم يُنفَّذ شيء

## What the edge refuses
unauthenticated = يجب تسجيل الدخول أولاً
token_invalid = رمز الدخول غير صالح
token_expired = انتهت صلاحية رمز الدخول
cross_site = الطلب من موقع غير مسموح به
not_found = المسار غير موجود
member_not_found = العضو غير موجود
outcome_not_found = لا توجد نتيجة لهذا المفتاح
method_not_allowed = الطريقة غير مسموح بها على هذا المسار
unsupported_media_type = يجب أن يكون نوع المحتوى application/json
body_too_large = حجم الطلب أكبر من الحد المسموح
body_timeout = لم يصل الطلب كاملاً في الوقت المحدد
malformed_body = محتوى الطلب ليس JSON صحيحاً
unknown_field = حقل غير معروف
invalid_field = قيمة الحقل غير صالحة
too_long = النص أطول من الحد المسموح
field_required = الحقل مطلوب
invalid_cursor = المؤشر غير صالح لهذه القائمة
retainer_fields_required = الحقول المطلوبة: العميل، نوع العربون، المبلغ الأولي
payment_fields_required = الحقول المطلوبة: العميل، المبلغ، طريقة الدفع
idempotency_key_invalid = مفتاح عدم التكرار يجب أن يكون من 1 إلى 255 حرفاً مطبوعاً
idempotency_key_repeated = أُرسل مفتاح عدم التكرار أكثر من مرة
idempotency_key_reused = استُخدم مفتاح عدم التكرار لطلب آخر
if_match_malformed = ترويسة If-Match غير صالحة

## No outcome
overloaded = الخدمة مشغولة، لم يُنفَّذ شيء، حاول بعد قليل
stopping = الخدمة تتوقف الآن، لم يُنفَّذ شيء، حاول بعد قليل
not_executed = انتهى الوقت قبل التنفيذ، لم يُنفَّذ شيء، حاول مجدداً
unavailable = قاعدة البيانات غير متاحة، لم يُنفَّذ شيء، حاول بعد قليل
outcome_unknown = النتيجة غير معروفة، أعد الطلب بالمفتاح نفسه
defect = حدث خطأ داخلي، لم يُنفَّذ شيء

## Successes
retainer_created = تم إنشاء العربون بنجاح
retainer_updated = تم تحديث العربون بنجاح
retainer_consumed = تم استهلاك المبلغ من العربون بنجاح
retainer_replenished = تم تجديد العربون بنجاح
retainer_refunded = تم استرداد العربون بنجاح
payment_created = تم إنشاء الدفعة بنجاح
payment_completed = تم إكمال الدفعة بنجاح
client_created = تم إنشاء العميل بنجاح
member_set = تم حفظ العضوية بنجاح
