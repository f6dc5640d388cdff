// A PKCS#11 module that hands every call to SoftHSM and takes its time with those that use a key:
// as many milliseconds as the file "delay_ms" beside the module says at that moment. For tests of a
// token that is slow (requirement Y-06), and of a module that is not SoftHSM's own file (Y-04).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static CK_FUNCTION_LIST* real;
static CK_FUNCTION_LIST slow;
static char delay_file[4096];

static void take_time(void) {
  long ms = 0;
  FILE* file = fopen(delay_file, "re");
  if (file != NULL) {
    if (fscanf(file, "%ld", &ms) != 1) ms = 0;
    fclose(file);
  }
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&pause, NULL);
}

static CK_RV slow_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size,
                       CK_BYTE_PTR signature, CK_ULONG_PTR signature_size) {
  take_time();
  return real->C_Sign(session, data, size, signature, signature_size);
}

static CK_RV slow_encrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size,
                          CK_BYTE_PTR sealed, CK_ULONG_PTR sealed_size) {
  take_time();
  return real->C_Encrypt(session, data, size, sealed, sealed_size);
}

static CK_RV slow_decrypt(CK_SESSION_HANDLE session, CK_BYTE_PTR sealed, CK_ULONG sealed_size,
                          CK_BYTE_PTR data, CK_ULONG_PTR size) {
  take_time();
  return real->C_Decrypt(session, sealed, sealed_size, data, size);
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  Dl_info where;
  void* softhsm = dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL);
  if (softhsm == NULL || dladdr(&slow, &where) == 0) return CKR_GENERAL_ERROR;
  CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(softhsm, "C_GetFunctionList");
  if (get == NULL) return CKR_GENERAL_ERROR;
  const char* slash = strrchr(where.dli_fname, '/');
  if (slash == NULL) return CKR_GENERAL_ERROR;  // it is loaded by its whole name
  snprintf(delay_file, sizeof delay_file, "%.*s/delay_ms", (int)(slash - where.dli_fname),
           where.dli_fname);
  const CK_RV answer = get(&real);
  if (answer != CKR_OK) return answer;
  slow = *real;
  slow.C_Sign = slow_sign;
  slow.C_Encrypt = slow_encrypt;
  slow.C_Decrypt = slow_decrypt;
  *list = &slow;
  return CKR_OK;
}
