#include "server/auth/gss.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include "absl/strings/str_cat.h"

namespace sluice::auth {
namespace {

void AppendStatus(OM_uint32 code, int type, std::string* text) {
  OM_uint32 more = 0;
  do {
    GssBuffer message;
    OM_uint32 minor = 0;
    if (GSS_ERROR(gss_display_status(&minor, code, type, gss_mech_krb5, &more, message.get()))) {
      return;
    }
    absl::StrAppend(text, text->empty() ? "" : ": ", message.text());
  } while (more != 0);
}

}  // namespace

// "Unspecified GSS failure..." says nothing where the mechanism has words of its own.
std::string GssWords(OM_uint32 major, OM_uint32 minor) {
  std::string text;
  if (minor != 0) AppendStatus(minor, GSS_C_MECH_CODE, &text);
  if (text.empty()) AppendStatus(major, GSS_C_GSS_CODE, &text);
  return text;
}

crypto::SecretBuffer GssSessionKey(gss_ctx_id_t context) {
  crypto::SecretBuffer copy;
  OM_uint32 minor = 0;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  const OM_uint32 major =
      gss_inquire_sec_context_by_oid(&minor, context, GSS_C_INQ_SSPI_SESSION_KEY, &set);
  if (!GSS_ERROR(major) && set != GSS_C_NO_BUFFER_SET && set->count > 0 &&
      set->elements[0].length > 0) {
    gss_buffer_desc& key = set->elements[0];
    copy = crypto::SecretBuffer({static_cast<const uint8_t*>(key.value), key.length});
    crypto::Wipe(key.value, key.length);
  }
  gss_release_buffer_set(&minor, &set);
  return copy;
}

std::vector<uint8_t> GssMakeMic(gss_ctx_id_t context, absl::Span<const uint8_t> message) {
  OM_uint32 minor = 0;
  gss_buffer_desc input = Borrow(message);
  GssBuffer mic;
  if (GSS_ERROR(gss_get_mic(&minor, context, GSS_C_QOP_DEFAULT, &input, mic.get()))) return {};
  return {mic.span().begin(), mic.span().end()};
}

bool GssCheckMic(gss_ctx_id_t context, absl::Span<const uint8_t> message,
                 absl::Span<const uint8_t> mic) {
  OM_uint32 minor = 0;
  gss_buffer_desc input = Borrow(message);
  gss_buffer_desc token = Borrow(mic);
  return gss_verify_mic(&minor, context, &input, &token, nullptr) == GSS_S_COMPLETE;
}

}  // namespace sluice::auth
