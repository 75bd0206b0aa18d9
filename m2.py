import subprocess,os,sys
sys.path.insert(0,'/tmp/w/build7'); from m import t
B='/tmp/w/build7'
def issue2(f):
    p=f.split('/')
    if p[0] in('base','core','kit','stressors'): return True
    if p[0]=='reports': return len(p)==2
    if p[0]=='commands': return not p[1].startswith(('ab','bisect','compare','matrix','trend','report','replay','selfcheck'))
    return False
def objs(root):
    o=['obj/strain.o','obj/gen/build.o','obj/gen/embedded.o']
    for d in 'base core kit reports commands stressors'.split():
        for r,_,fs in os.walk(root+'/'+d):
            o+=['obj/'+os.path.relpath(r+'/'+f,root)[:-1]+'o' for f in fs if f.endswith('.c') and issue2(os.path.relpath(r+'/'+f,root))]
    return o
for side in 'old new new old'.split():
    root=B+'/'+side; d=root+'/b'
    subprocess.run(['rm','-rf',d+'/obj',d+'/gen'])
    o=objs(root)
    print(side,len(o),'%.1f'%t(d,*o),flush=True)
