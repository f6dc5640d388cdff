#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

// A PKCS#11 module for tests: SoftHSM, but each signature and encryption first sleeps for the
// milliseconds that the file "slow" beside softhsm2.conf holds. Without the file it is SoftHSM.
namespace {

CK_FUNCTION_LIST slow_list;
CK_FUNCTION_LIST* real_list = nullptr;

void be_slow() {
  const char* configuration = std::getenv("SOFTHSM2_CONF");
  if (configuration == nullptr) return;
  std::string file(configuration);
  std::ifstream in(file.substr(0, file.rfind('/') + 1) + "slow");
  unsigned milliseconds = 0;
  if (in >> milliseconds) ::usleep(milliseconds * 1000);
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  be_slow();
  return real_list->C_SignInit(session, mechanism, key);
}

CK_RV encrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  be_slow();
  return real_list->C_EncryptInit(session, mechanism, key);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** out) {
  void* library = ::dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return CKR_GENERAL_ERROR;
  auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (get == nullptr || get(&real_list) != CKR_OK) return CKR_GENERAL_ERROR;
  slow_list = *real_list;
  slow_list.C_SignInit = sign_init;
  slow_list.C_EncryptInit = encrypt_init;
  *out = &slow_list;
  return CKR_OK;
}
