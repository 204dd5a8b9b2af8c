#include "golden.h"
int main(void){ return 0; }
