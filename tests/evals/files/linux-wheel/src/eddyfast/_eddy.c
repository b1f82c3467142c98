#include <Python.h>

static struct PyModuleDef eddy = {PyModuleDef_HEAD_INIT, "_eddy", NULL, -1, NULL};

PyMODINIT_FUNC PyInit__eddy(void) { return PyModule_Create(&eddy); }
