// AES-CMAC and AES-CCM of several messages at once, up to sixteen in step, on the kernels of
// lane_kernel.h.
//
// These are the two algorithms for which the multi-buffer library is not the engine. It always runs
// sixteen lanes, so that eight CMACs in flight get half of its speed, and CCM's halves one after
// the other with a fixed cost for each; here four, eight or (CMAC) twelve or sixteen lanes run, and
// CCM's halves share their round keys and one pass over the message. In GB/s of one core, messages
// of one key in flight, on a Xeon (Sapphire Rapids) that others used as well:
//
//     sixteen messages       128 B   1 KiB   4 KiB + 80   64 KiB + 80   1 MiB + 80
//     CMAC  OpenSSL           0.24    0.42         0.46          0.48         0.52    one at a time
//           the library       1.12    4.82         8.14          9.79         8.36
//           this              1.22    5.85         9.83         12.26        12.54
//     CCM   OpenSSL           0.25    0.89         1.05          1.19         1.15    one at a time
//           the library       0.37    2.92         4.10          6.22         5.72
//           this              1.54    5.79         6.22          6.84         6.74
//     lone  CMAC by library   0.29    0.54         0.67          0.69         0.70
//           CMAC by this      0.44    0.92         1.05          1.10         1.10
//
// With a key to each message, as of several sessions, the round keys come from memory: that takes a
// tenth of CMAC's speed and a quarter of CCM's. So messages of one key run apart from the others
// where they fill the lanes.
//
// Where the processor lacks 512-bit AES instructions, and where another one is forced, CMAC and CCM
// run as MacLanes (crypto/ipsec_mb/mac_lanes.h).
//
// Messages lie in segments, which are read and, by CCM, written in place; only a block that lies
// across a cut, and a last one that is not whole, passes through 16 bytes of our own.
#ifndef SLUICE_CRYPTO_VAES_VAES_LANES_H_
#define SLUICE_CRYPTO_VAES_VAES_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crypto/batch_stage.h"
#include "crypto/ccm_format.h"
#include "crypto/vaes/lane_kernel.h"

namespace sluice::crypto {

class VaesLanes {
 public:
  using Tag = std::array<uint8_t, kSignatureBytes>;
  // Made from a job of CMAC or of CCM.
  struct Message {
    explicit Message(SignJob* job);
    explicit Message(SealJob* job);

    SignJob* sign = nullptr;  // one of the two
    SealJob* seal = nullptr;
    const uint8_t* round_keys;
    const absl::Span<uint8_t>* segments;
    size_t size;
    Tag tag;  // the result
  };

  static bool Available() { return LaneKernelAvailable(); }

  VaesLanes() = default;
  VaesLanes(const VaesLanes&) = delete;
  VaesLanes& operator=(const VaesLanes&) = delete;
  ~VaesLanes() { Clear(); }

  // REQUIRES: Available(); messages of one algorithm and key size. Fills in each one's tag; a
  // message of CCM is encrypted or decrypted. Changes their order; leaves nothing secret.
  void Run(absl::Span<Message> messages);

 private:
  using Block = std::array<uint8_t, kCcmBlockBytes>;

  // The first two are CCM's, the last one is CMAC's.
  enum class Piece : uint8_t { kPrime, kHead, kDirect, kGathered, kLast };

  struct Lane {
    Message* message;  // null: idle
    size_t head_blocks;
    size_t segment;  // the cursor: what is not yet in a piece
    size_t offset;
    size_t remaining;
    size_t left;          // blocks of the piece in hand that are still to do
    size_t gathered;      // bytes of the message in `block`
    size_t from_segment;  // where they came from
    size_t from_offset;
    Piece piece;
    std::array<uint8_t, kCcmHeadBytesMax> head;
  };
  // What of a lane must not survive.
  struct Scratch {
    std::array<uint8_t, kCcmHeadBytesMax> dump;  // the head, and over it the key stream
    Block block;  // a block gathered from two segments, or a last one
    Block mask;   // the key stream of counter 0, which hides the tag
  };

  void RunTogether(absl::Span<Message> messages);
  void Clear();
  void Fill(size_t lane, Message* message);
  void StartCcm(size_t lane);
  void StartHead(size_t lane);
  void Idle(size_t lane);
  bool NextPiece(size_t lane);
  void Gather(size_t lane);
  void Pad(size_t lane);
  void FinishPiece(size_t lane);
  void FinishMessage(size_t lane);

  LaneState state_{};
  std::array<Lane, kVaesLanes> lanes_{};
  std::array<Scratch, kVaesLanes> scratch_{};
  // Idle lanes read and write here. The larger it is the fewer times the kernel starts.
  std::array<uint8_t, 32 * kCcmBlockBytes> idle_{};
  size_t rounds_ = 10;
  bool own_keys_ = false;  // the state holds round keys
  size_t used_lanes_ = 0;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_VAES_VAES_LANES_H_
