### Every sentence a person reads, in English. The id is the code on the wire.

## What the business refuses
forbidden = Your role does not allow this
member_left = You are no longer a member of this firm
client_not_found = Client not found
retainer_not_found = Retainer not found
payment_not_found = Payment not found
invoice_not_found = Invoice not found
case_not_found = Case not found
version_conflict = The record has changed since it was read; read it again and retry
amount_malformed = The amount is not a number
amount_required = The amount is required and must be greater than zero
amount_too_precise = The amount has more decimal places than the currency
amount_too_large = The amount is above the limit
currency_mismatch = Two currencies can't be combined
name_required = The client's name is required
auto_replenish_incomplete = Auto-replenishment needs its threshold and its amount
end_before_start = The end date is before the start date
date_in_future = The date must not be in the future
date_too_early = The date is earlier than the retainer or the payment allows
retainer_not_active = The retainer is not active
insufficient_balance = The retainer's balance is not sufficient
insufficient_balance_on_date = The retainer's balance was not sufficient on that date
already_refunded = The retainer was refunded already
nothing_to_refund = There is nothing to refund
payment_client_mismatch = The payment belongs to another client
payment_not_completed = The payment must be completed
payment_insufficient = What is left of the payment is not sufficient
already_completed = The payment is completed already
retainer_required = A payment of this type needs its retainer
retainer_client_mismatch = The retainer belongs to another client
own_membership = You can't change your own membership
atomic_refused = Another command of the same bulk was refused; nothing was done

## What the edge refuses
unauthenticated = Sign in first
token_invalid = The access token is not valid
token_expired = The access token has expired
cross_site = Requests from this site are not allowed
not_found = There is no such route
member_not_found = Member not found
outcome_not_found = There is no outcome under this key
method_not_allowed = This route does not take this method
unsupported_media_type = The content type must be application/json
body_too_large = The request body is too large
body_timeout = The request body did not arrive in time
malformed_body = The request body is not valid JSON
unknown_field = Unknown field
invalid_field = The field's value is not valid
too_long = The text is longer than allowed
field_required = The field is required
invalid_cursor = The cursor is not one that this list gave
retainer_fields_required = Required fields: client, retainer type, initial amount
payment_fields_required = Required fields: client, amount, payment method
idempotency_key_invalid = The idempotency key must be 1 to 255 printable ASCII characters
idempotency_key_repeated = The idempotency key was sent more than once
idempotency_key_reused = The idempotency key was used for another request
if_match_malformed = The If-Match header is not valid

## No outcome
overloaded = The service is busy; nothing was done, try again shortly
stopping = The service is shutting down; nothing was done, try again shortly
not_executed = Time ran out before the request was carried out; nothing was done, try again
unavailable = The database is away; nothing was done, try again shortly
outcome_unknown = The outcome is not known; repeat the request with the same key
defect = An internal error occurred; nothing was done

## Successes
retainer_created = The retainer was created
retainer_updated = The retainer was updated
retainer_consumed = The amount was drawn from the retainer
retainer_replenished = The retainer was replenished
retainer_refunded = The retainer was refunded
payment_created = The payment was created
payment_completed = The payment was completed
client_created = The client was created
member_set = The membership was saved
