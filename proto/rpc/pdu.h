// DCE/RPC connection-oriented PDUs in little-endian NDR. C706 12.6, [MS-RPCE] 2.2.2.
#ifndef SLUICE_PROTO_RPC_PDU_H_
#define SLUICE_PROTO_RPC_PDU_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/wire/reader.h"
#include "proto/wire/writer.h"

namespace sluice::proto::rpc {

enum class PduType : uint8_t {
  kRequest = 0,
  kResponse = 2,
  kFault = 3,
  kBind = 11,
  kBindAck = 12,
  kBindNak = 13,
  kAlterContext = 14,
  kAlterContextResponse = 15,
  kAuth3 = 16,
  kShutdown = 17,
  kCancel = 18,
  kOrphaned = 19,
};

namespace pdu_flag {
inline constexpr uint8_t kFirst = 0x01;
inline constexpr uint8_t kLast = 0x02;
inline constexpr uint8_t kPendingCancel = 0x04;
inline constexpr uint8_t kConcurrentMultiplex = 0x10;
inline constexpr uint8_t kDidNotExecute = 0x20;
inline constexpr uint8_t kMaybe = 0x40;
inline constexpr uint8_t kObjectUuid = 0x80;
}  // namespace pdu_flag

// Fault statuses, C706 appendix E and [MS-RPCE] 2.2.2.9.
namespace fault_status {
inline constexpr uint32_t kOperationRange = 0x1C010002;    // nca_s_op_rng_error
inline constexpr uint32_t kUnknownInterface = 0x1C010003;  // nca_s_unk_if
inline constexpr uint32_t kProtocolError = 0x1C01000B;     // nca_s_proto_error
inline constexpr uint32_t kBadStubData = 0x000006F7;       // RPC_X_BAD_STUB_DATA
inline constexpr uint32_t kOutOfMemory = 0x1C00001D;       // nca_s_fault_remote_no_memory
}  // namespace fault_status

inline constexpr size_t kPduHeaderBytes = 16;
inline constexpr size_t kRequestHeaderBytes = 24;  // of a response too
// What a server here takes and sends; C706 says that everybody can do 1432.
inline constexpr uint16_t kFragmentBytesMax = 4280;
inline constexpr uint16_t kFragmentBytesMin = 1432;

struct PduHeader {
  uint8_t version = 5;
  uint8_t version_minor = 0;
  PduType type = PduType::kRequest;
  uint8_t flags = pdu_flag::kFirst | pdu_flag::kLast;
  uint16_t fragment_bytes = 0;  // of the whole PDU; Encode() writes it, FinishPdu() corrects it
  uint16_t auth_bytes = 0;
  uint32_t call_id = 0;

  // Refuses other versions than 5.0 and 5.1, data that is not little-endian ASCII IEEE, and a
  // fragment length that has no room for the header.
  static bool Decode(absl::Span<const uint8_t> bytes, PduHeader* out);
  void Encode(Writer& w) const;
};

// Writes the fragment length of a PDU that began at offset `start` and ends here.
void FinishPdu(Writer& w, size_t start);

struct SyntaxId {
  std::array<uint8_t, 16> uuid{};  // as on the wire
  uint16_t major = 0;
  uint16_t minor = 0;

  static SyntaxId Read(Reader& r);
  void Write(Writer& w) const;
  friend bool operator==(const SyntaxId& a, const SyntaxId& b) {
    return a.uuid == b.uuid && a.major == b.major && a.minor == b.minor;
  }
};

// 8a885d04-1ceb-11c9-9fe8-08002b104860 version 2.
extern const SyntaxId kNdrSyntax;
// 71710533-beba-4937-8319-b5dbef9ccc36 version 1: known only to be refused.
extern const SyntaxId kNdr64Syntax;
// 4b324fc8-1670-01d3-1278-5a47bf6ee188 version 3.0.
extern const SyntaxId kSrvsvcSyntax;
// 6bffd098-a112-3610-9833-46c3f87e345a version 1.0.
extern const SyntaxId kWkssvcSyntax;

inline constexpr size_t kContextsMax = 16;
inline constexpr size_t kTransferSyntaxesMax = 16;

struct PresentationContext {
  uint16_t id = 0;
  SyntaxId abstract_syntax;
  std::vector<SyntaxId> transfer_syntaxes;
};

// bind and alter_context. Bodies follow the PduHeader.
struct BindPdu {
  uint16_t max_transmit = kFragmentBytesMax;
  uint16_t max_receive = kFragmentBytesMax;
  uint32_t association_group = 0;
  std::vector<PresentationContext> contexts;

  // `bytes` is the whole PDU.
  static bool Decode(absl::Span<const uint8_t> bytes, BindPdu* out);
  void Encode(Writer& w, PduType type, uint32_t call_id) const;
};

enum class ContextResult : uint16_t {
  kAcceptance = 0,
  kUserRejection = 1,
  kProviderRejection = 2,
  kNegotiateAck = 3,  // bind time feature negotiation
};
enum class ContextReason : uint16_t {
  kNone = 0,
  kAbstractSyntaxNotSupported = 1,
  kTransferSyntaxesNotSupported = 2,
  kLocalLimitExceeded = 3,
};

struct BindAckPdu {
  struct Result {
    ContextResult result = ContextResult::kAcceptance;
    ContextReason reason = ContextReason::kNone;
    SyntaxId transfer_syntax;
  };
  uint16_t max_transmit = kFragmentBytesMax;
  uint16_t max_receive = kFragmentBytesMax;
  uint32_t association_group = 0;
  std::string secondary_address;  // "\\PIPE\\srvsvc"; "" in alter_context_resp
  std::vector<Result> results;

  static bool Decode(absl::Span<const uint8_t> bytes, BindAckPdu* out);
  void Encode(Writer& w, PduType type, uint32_t call_id) const;
};

struct RequestPdu {
  PduHeader header;
  uint32_t allocation_hint = 0;
  uint16_t context_id = 0;
  uint16_t operation = 0;
  std::optional<std::array<uint8_t, 16>> object;
  absl::Span<const uint8_t> stub;  // a view; of this fragment

  static bool Decode(absl::Span<const uint8_t> bytes, RequestPdu* out);
  void Encode(Writer& w) const;
};

struct ResponsePdu {
  PduHeader header;
  uint32_t allocation_hint = 0;
  uint16_t context_id = 0;
  absl::Span<const uint8_t> stub;

  static bool Decode(absl::Span<const uint8_t> bytes, ResponsePdu* out);
  void Encode(Writer& w) const;
};

struct FaultPdu {
  PduHeader header;
  uint16_t context_id = 0;
  uint32_t status = 0;

  static bool Decode(absl::Span<const uint8_t> bytes, FaultPdu* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto::rpc

#endif  // SLUICE_PROTO_RPC_PDU_H_
