// What both ends of a Kerberos exchange need of MIT's GSSAPI. Only kerberos*.cc include it.
#ifndef SLUICE_SERVER_AUTH_GSS_H_
#define SLUICE_SERVER_AUTH_GSS_H_

#include <gssapi/gssapi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "crypto/secret.h"

namespace sluice::auth {

// A buffer that the library made.
class GssBuffer {
 public:
  GssBuffer() = default;
  GssBuffer(const GssBuffer&) = delete;
  GssBuffer& operator=(const GssBuffer&) = delete;
  ~GssBuffer() {
    OM_uint32 minor = 0;
    gss_release_buffer(&minor, &buffer_);
  }
  gss_buffer_t get() { return &buffer_; }
  absl::Span<const uint8_t> span() const {
    return {static_cast<const uint8_t*>(buffer_.value), buffer_.length};
  }
  std::string text() const { return {static_cast<const char*>(buffer_.value), buffer_.length}; }

 private:
  gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

// The library takes what it only reads through pointers to what could be written.
inline gss_buffer_desc Borrow(absl::Span<const uint8_t> bytes) {
  return {bytes.size(), const_cast<uint8_t*>(bytes.data())};
}

// What went wrong, for people: the mechanism's own words where it has any.
std::string GssWords(OM_uint32 major, OM_uint32 minor);

// The key that a context agreed on, whole [MS-SMB2] 3.2.5.3.1; empty if there is none.
crypto::SecretBuffer GssSessionKey(gss_ctx_id_t context);

// Of a context that is established. Empty if it fails.
std::vector<uint8_t> GssMakeMic(gss_ctx_id_t context, absl::Span<const uint8_t> message);
bool GssCheckMic(gss_ctx_id_t context, absl::Span<const uint8_t> message,
                 absl::Span<const uint8_t> mic);

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_GSS_H_
