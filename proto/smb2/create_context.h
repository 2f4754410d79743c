// The list of create contexts. [MS-SMB2] 2.2.13.2 and 2.2.14.2. What is in each context is in
// create_context_types.h.
#ifndef SLUICE_PROTO_SMB2_CREATE_CONTEXT_H_
#define SLUICE_PROTO_SMB2_CREATE_CONTEXT_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

namespace create_context {
inline constexpr absl::string_view kEaBuffer{"ExtA", 4};
inline constexpr absl::string_view kSecurityDescriptor{"SecD", 4};
inline constexpr absl::string_view kDurableRequest{"DHnQ", 4};
inline constexpr absl::string_view kDurableReconnect{"DHnC", 4};
inline constexpr absl::string_view kAllocationSize{"AlSi", 4};
inline constexpr absl::string_view kQueryMaximalAccess{"MxAc", 4};
inline constexpr absl::string_view kTimewarp{"TWrp", 4};
inline constexpr absl::string_view kQueryOnDiskId{"QFid", 4};
inline constexpr absl::string_view kLease{"RqLs", 4};  // version by the length of the data
inline constexpr absl::string_view kDurableRequestV2{"DH2Q", 4};
inline constexpr absl::string_view kDurableReconnectV2{"DH2C", 4};
inline constexpr absl::string_view kAapl{"AAPL", 4};
inline constexpr absl::string_view kAppInstanceId{
    "\x45\xBC\xA6\x6A\xEF\xA7\xF7\x4A\x90\x08\xFA\x46\x2E\x14\x4D\x74", 16};
inline constexpr absl::string_view kAppInstanceVersion{
    "\xB9\x82\xD0\xB7\x3B\x56\x07\x4F\xA0\x7B\x52\x4A\x81\x16\xA0\x10", 16};
inline constexpr absl::string_view kSvhdxOpenDevice{
    "\x9C\xCB\xCF\x9E\x04\xC1\xE6\x43\x98\x0E\x15\x8D\xA1\xF6\xEC\x83", 16};
inline constexpr absl::string_view kPosix{
    "\x93\xAD\x25\x50\x9C\xB4\x11\xE7\xB4\x23\x83\xDE\x96\x8B\xCD\x7C", 16};
}  // namespace create_context

// Views into the message (decode) or of the caller's bytes (encode).
struct CreateContext {
  absl::string_view name;
  absl::Span<const uint8_t> data;
};

inline constexpr size_t kCreateContextsMax = 32;
using CreateContextList = absl::InlinedVector<CreateContext, 8>;

// `list` is the bytes that CreateContextsOffset and CreateContextsLength give. False for a Next
// that is not a multiple of 8, goes beyond the list or does not clear the context's own header; for
// a name shorter than 4 bytes; for a name or data that lie outside their context; for more than
// kCreateContextsMax. Names that occur twice are the caller's to judge.
bool DecodeCreateContexts(absl::Span<const uint8_t> list, CreateContextList* out);

// nullptr if there is none of that name; the first if there are several.
const CreateContext* FindCreateContext(const CreateContextList& list, absl::string_view name);

// Appends contexts to a writer and chains them. The list begins where the writer stands, which
// REQUIRES that to be a multiple of 8 from the message's start.
class CreateContextWriter {
 public:
  explicit CreateContextWriter(Writer& writer) : writer_(writer), start_(writer.size()) {}

  void Add(absl::string_view name, absl::Span<const uint8_t> data);
  // Any of the typed contexts: something with Encode(Writer&) const.
  template <typename T>
  void AddEncoded(absl::string_view name, const T& value) {
    const size_t data = Begin(name);
    value.Encode(writer_);
    End(data);
  }

  size_t count() const { return count_; }
  // Of the list, for CreateContextsLength. The last context is not padded.
  size_t bytes() const { return writer_.size() - start_; }

 private:
  // Gives the offset of the data in the writer.
  size_t Begin(absl::string_view name);
  void End(size_t data);

  Writer& writer_;
  const size_t start_;
  size_t last_ = 0;  // offset of the last context in the writer, valid if count_ > 0
  size_t count_ = 0;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_CREATE_CONTEXT_H_
